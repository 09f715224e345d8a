#!/bin/sh
# An engine inside needs its control groups writable; both mounts are writable already where the host is privileged.
mount -o remount,rw /sys 2>/dev/null
for group in /sys/fs/cgroup/*; do mount -o remount,bind,rw "$group" 2>/dev/null; done
# Where there is one hierarchy (v2), processes must leave its root before groups below it can be limited.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 < /sys/fs/cgroup/cgroup.procs > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null
    sed -e 's/ / +/g' -e 's/^/+/' < /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
fi
# A machine that lost its power left these behind, and a daemon that finds its own number in them does not start.
rm -f /run/engine-off /run/docker.pid /var/run/docker.pid /run/docker/containerd/containerd.pid /run/sshd.pid
# A test may have an engine configured in another way, so what is there stays.
[ "$STORE" != containerd ] || [ -e /etc/docker/daemon.json ] || {
    mkdir -p /etc/docker
    echo '{"features": {"containerd-snapshotter": true}}' > /etc/docker/daemon.json
}
ssh-keygen -A > /dev/null
mkdir -p /run/sshd
/usr/sbin/sshd
# The host outlives its engine. The trap runs when dockerd, which gets the same signal, has stopped in good order.
trap 'exit 0' TERM INT
while :; do
    [ -e /run/engine-off ] || dockerd >> /var/log/dockerd.log 2>&1
    sleep 0.2
done
