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
])
