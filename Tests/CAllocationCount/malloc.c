#include "CAllocationCount.h"
void sluice_allocation_placeholder(void) {}
