#ifndef SLUICE_ALLOCATION_COUNT_H
#define SLUICE_ALLOCATION_COUNT_H

/// How often this thread has allocated memory; -1 where counting is not possible (sanitizers bring their own allocator).
long sluice_allocation_count(void);

#endif
