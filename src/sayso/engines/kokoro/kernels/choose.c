/* Which of the compiled instruction sets this machine runs. */

#include "kernels.h"

#include <string.h>

extern const sayso_kernels sayso_kernels_portable;
#ifdef SAYSO_X86
#include <cpuid.h>

extern const sayso_kernels sayso_kernels_avx2, sayso_kernels_avx512;

/* Conversion of float16 (CPUID leaf 1), which not every compiler knows by name. */
static int f16c_is_there(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && c >> 29 & 1;
}
#endif
#ifdef SAYSO_AMX
#include <sys/syscall.h>
#include <unistd.h>

extern const sayso_kernels sayso_kernels_amx;

/* Tiles are there (CPUID leaf 7) and the kernel of the system saves them for us once asked (Linux 5.16). */
static int amx_is_there(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 22 & 1) || !(d >> 24 & 1)) return 0;
    if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || !(a >> 5 & 1)) return 0; /* conversion to bfloat16 in vectors */
    return !syscall(SYS_arch_prctl, 0x1023 /* ARCH_REQ_XCOMP_PERM */, 18 /* tile data */);
}
#endif

SAYSO_API int sayso_abi(void) { return SAYSO_ABI; }

/* The kernels for `name`: "amx", "avx512", "avx2" or "portable"; null where the machine cannot run them. */
SAYSO_API const sayso_kernels *sayso_kernels_for(const char *name) {
#ifdef SAYSO_X86
    __builtin_cpu_init();
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && f16c_is_there();
    const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
#ifdef SAYSO_AMX
    if (!strcmp(name, "amx"))
        return avx512 && __builtin_cpu_supports("avx512bw") && amx_is_there() ? &sayso_kernels_amx : 0;
#endif
    if (!strcmp(name, "avx512")) return avx512 ? &sayso_kernels_avx512 : 0;
    if (!strcmp(name, "avx2")) return avx2 ? &sayso_kernels_avx2 : 0;
#endif
    return strcmp(name, "portable") ? 0 : &sayso_kernels_portable;
}
