void sluice_allocation_placeholder(void);
