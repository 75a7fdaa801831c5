# GKM_STRONGSWAN
# --------------
# Checks that $swanheaders are the headers of the strongSwan that is installed
# in $ipseclibdir. A plugin shares its daemon's structures, so a difference
# here is a crash later. Sets swanversion and defines GKM_STRONGSWAN_VERSION
# as a number (5.9.8 is 50908), and ME as the installed daemon was built.
AC_DEFUN([GKM_STRONGSWAN], [
	AC_MSG_CHECKING([for strongSwan's headers])
	AS_IF([test ! -f "$swanheaders/src/libcharon/daemon.h"],
		[AC_MSG_ERROR([none in $swanheaders: run scripts/get-headers, or give --with-strongswan-headers])])
	swanheaders=$(cd "$swanheaders" && pwd)
	swanversion=$($SED -n 's/^A._INIT(\@<:@strongSwan\@:>@,\@<:@\(@<:@0-9.@:>@*\).*/\1/p' \
		"$swanheaders/configure.ac")
	AS_IF([test -z "$swanversion"],
		[AC_MSG_ERROR([$swanheaders/configure.ac names no version])])
	AC_MSG_RESULT([$swanversion in $swanheaders])

	AC_MSG_CHECKING([for installed strongSwan])
	swanlib=
	for lib in "$ipseclibdir/libcharon.so.0" "$ipseclibdir/libcharon.so"; do
		AS_IF([test -z "$swanlib" && test -f "$lib"], [swanlib=$lib])
	done
	AS_IF([test -z "$swanlib"],
		[AC_MSG_ERROR([no libcharon.so in $ipseclibdir: install strongSwan, or give --with-ipseclibdir])])
	# also if it complains that no daemon runs, and then on stderr
	swaninstalled=$(PATH="$PATH:/usr/sbin" swanctl --version 2>&1 |
		$SED -n 's/^strongSwan \(@<:@0-9@:>@@<:@0-9.@:>@*\) swanctl.*/\1/p')
	AC_MSG_RESULT([${swaninstalled:-unknown version} in $ipseclibdir])
	AS_IF([test "x$swaninstalled" != "x$swanversion" && test "x$abicheck" = xyes],
		[AC_MSG_ERROR([headers are of $swanversion, installed is ${swaninstalled:-an unknown version}])])

	# mediation changes the layout of ike_sa_t, peer_cfg_t and daemon_t
	AC_MSG_CHECKING([whether charon was built with mediation])
	AS_IF([LC_ALL=C grep -q ike_me_create "$swanlib"],
		[AC_DEFINE([ME], [], [charon was built with --enable-mediation])
		 AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])])

	swannumber=$(echo "$swanversion" |
		$SED 's/\./ /g' | { read a b c d; echo $((a * 10000 + b * 100 + ${c:-0})); })
	AC_DEFINE_UNQUOTED([GKM_STRONGSWAN_VERSION], [$swannumber],
		[version of the strongSwan headers, 5.9.8 is 50908])
	AC_DEFINE_UNQUOTED([GKM_STRONGSWAN_VERSION_STRING], ["$swanversion"],
		[version of the strongSwan headers])

	GKM_CHECK_BUILDER
])

# GKM_CHECK_BUILDER
# -----------------
# The number that ends a list of arguments has moved in security updates, and
# a wrong one makes every key and certificate fail to load. Try a key.
AC_DEFUN([GKM_CHECK_BUILDER], [
	AC_MSG_CHECKING([whether headers and libstrongswan agree])
	gkm_cppflags=$CPPFLAGS
	gkm_ldflags=$LDFLAGS
	gkm_libs=$LIBS
	CPPFLAGS="$CPPFLAGS -DCONFIG_H_INCLUDED -DHAVE_STDBOOL_H -DHAVE_ALLOCA_H \
-DHAVE_GCC_ATOMIC_OPERATIONS -DHAVE_MEMRCHR -DHAVE_CLOSEFROM -DHAVE_FMEMOPEN \
-DHAVE_EXPLICIT_BZERO -DHAVE_SIGWAITINFO -I$swanheaders/src/libstrongswan"
	LDFLAGS="$LDFLAGS -L$ipseclibdir -Wl,-rpath,$ipseclibdir"
	LIBS="$LIBS -lstrongswan"
	AC_RUN_IFELSE([AC_LANG_PROGRAM([[
#include <library.h>
#include <credentials/keys/public_key.h>
]], [[
	chunk_t key;
	public_key_t *public;

	/* RSA, modulus 0xc1, exponent 3: as RFC 3110 writes it */
	key = chunk_from_chars(0x01, 0x03, 0xc1);
	if (!library_init(NULL, "configure") ||
		!lib->plugins->load(lib->plugins, "dnskey openssl gmp"))
	{
		return 2;
	}
	public = lib->creds->create(lib->creds, CRED_PUBLIC_KEY, KEY_RSA,
						BUILD_RSA_MODULUS, chunk_skip(key, 2),
						BUILD_RSA_PUB_EXP, chunk_create(key.ptr + 1, 1),
						BUILD_END);
	return public ? 0 : 1;
]])],
		[AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		 AS_IF([test "x$abicheck" = xyes],
			[AC_MSG_ERROR([the headers are not those that the installed strongSwan was built with])])],
		[AC_MSG_RESULT([unknown, cross compiling])])
	CPPFLAGS=$gkm_cppflags
	LDFLAGS=$gkm_ldflags
	LIBS=$gkm_libs
])
