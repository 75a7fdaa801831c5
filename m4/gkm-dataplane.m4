# GKM_DATAPLANE
#
# Whether to build the data plane in eBPF (--enable-dataplane, by default if all
# that it takes is there): libbpf, libnl, a clang that compiles for the kernel,
# and bpftool, which is where users' PATH may not lead. Sets dataplane to yes, or
# to no and why, CLANG, BPFTOOL, LIBBPF_*, LIBNL_*, multiarch and the conditional
# DATAPLANE.
AC_DEFUN([GKM_DATAPLANE], [
	AC_ARG_ENABLE([dataplane],
		AS_HELP_STRING([--enable-dataplane],
			[build the data plane in eBPF (default: if clang, bpftool,
			 libbpf and libnl are there)]),
		[dataplane=$enableval], [dataplane=auto])
	gkm_lacks=
	AS_IF([test "x$dataplane" != xno], [
		PKG_CHECK_MODULES([LIBBPF], [libbpf >= 1.0],
			[], [gkm_lacks="$gkm_lacks, libbpf >= 1.0 (libbpf-dev)"])
		PKG_CHECK_MODULES([LIBNL], [libnl-route-3.0 >= 3.5],
			[], [gkm_lacks="$gkm_lacks, libnl-route >= 3.5 (libnl-route-3-dev)"])
		AC_PATH_PROG([BPFTOOL], [bpftool], [],
			[$PATH:/usr/local/sbin:/usr/sbin:/sbin])
		AS_IF([test -z "$BPFTOOL"], [gkm_lacks="$gkm_lacks, bpftool"])
		AC_PATH_PROG([CLANG], [clang])
		multiarch=$($CC -print-multiarch 2>/dev/null)
		AC_MSG_CHECKING([for a clang that compiles for the kernel])
		AS_ECHO(["#include <linux/bpf.h>"]) >conftest.c
		AS_IF([test -n "$CLANG" &&
			   $CLANG -target bpf -idirafter "/usr/include/$multiarch" \
				-c conftest.c -o conftest.o >&AS_MESSAGE_LOG_FD 2>&1],
			[AC_MSG_RESULT([yes])],
			[AC_MSG_RESULT([no])
			 gkm_lacks="$gkm_lacks, clang with target bpf"])
		rm -f conftest.c conftest.o
		gkm_lacks=${gkm_lacks#, }
		AS_IF([test -z "$gkm_lacks"], [dataplane=yes],
			[test "x$dataplane" = xyes],
			[AC_MSG_ERROR([the data plane needs $gkm_lacks])],
			[dataplane="no, lacks $gkm_lacks"])
	])
	AC_SUBST([multiarch])
	AM_CONDITIONAL([DATAPLANE], [test "x$dataplane" = xyes])
])
