#include "CAllocationCount.h"
#include <stddef.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SLUICE_COUNTS 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SLUICE_COUNTS 0
#endif
#endif
#if !defined(SLUICE_COUNTS)
#if defined(__GLIBC__) || defined(__linux__)
#define SLUICE_COUNTS 1
#else
#define SLUICE_COUNTS 0
#endif
#endif

#if SLUICE_COUNTS

static __thread long count;

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t number, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count++;
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count++;
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count++;
    void *allocated = __libc_memalign(alignment, size);
    if (!allocated) {
        return 12; /* ENOMEM */
    }
    *memory = allocated;
    return 0;
}

long sluice_allocation_count(void) {
    return count;
}

#else

long sluice_allocation_count(void) {
    return -1;
}

#endif
