/* Which of the compiled instruction sets this machine runs. */

#include "kernels.h"

#include <string.h>

extern const sayso_kernels sayso_kernels_portable;
#ifdef SAYSO_X86
extern const sayso_kernels sayso_kernels_avx2, sayso_kernels_avx512;
#endif

SAYSO_API int sayso_abi(void) { return SAYSO_ABI; }

/* The kernels for `name`: "avx512", "avx2" or "portable"; null where the machine cannot run them. */
SAYSO_API const sayso_kernels *sayso_kernels_for(const char *name) {
#ifdef SAYSO_X86
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (!strcmp(name, "avx512"))
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? &sayso_kernels_avx512 : 0;
    if (!strcmp(name, "avx2")) return avx2 ? &sayso_kernels_avx2 : 0;
#endif
    return strcmp(name, "portable") ? 0 : &sayso_kernels_portable;
}
