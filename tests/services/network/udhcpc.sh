#!/bin/sh
# What udhcpc calls with a lease: use it, and print it for the test.
[ "$1" = bound ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/$mask" dev "$interface"
set -- $staticroutes
while [ $# -ge 2 ]; do ip route replace "$1" via "$2"; shift 2; done
[ -n "$staticroutes" ] || ip route replace default via "$router"
echo "ip=$ip/$mask router=$router dns=$dns mtu=$mtu hostname=$hostname staticroutes=$staticroutes" \
  "domain=$domain ntp=$ntpsrv boot=$boot_file$bootfile"
