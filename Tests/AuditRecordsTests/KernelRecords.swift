// SPDX-License-Identifier: MIT

/// Records that the audit subsystem of Linux 6.18 (x86-64, no security module) wrote through auditd 3.0.9 in RAW format, one event a
/// paragraph. They were taken with auditctl rules on a test program; only the name of its directory was changed.
let kernelRecords = #"""
    type=SYSCALL msg=audit(1795634851.418:348): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=5623965d007a a2=242 a3=1a0 items=2 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:348): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:348): item=0 name="/tmp/example" inode=16261429 dev=fe:00 mode=040755 ouid=0 ogid=0 rdev=00:00 nametype=PARENT cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PATH msg=audit(1795634851.418:348): item=1 name=6E65772066696C65 inode=16261465 dev=fe:00 mode=0100640 ouid=0 ogid=0 rdev=00:00 nametype=CREATE cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:348): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:352): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=5623965d0083 a2=42 a3=1a0 items=1 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:352): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:352): item=0 name="plain" inode=16261466 dev=fe:00 mode=0100640 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:352): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:354): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=5623965d0089 a2=41 a3=180 items=2 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:354): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:354): item=0 name="sub/x/" inode=16261434 dev=fe:00 mode=040755 ouid=0 ogid=0 rdev=00:00 nametype=PARENT cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PATH msg=audit(1795634851.418:354): item=1 name="sub/x/y" inode=16261467 dev=fe:00 mode=0100600 ouid=0 ogid=0 rdev=00:00 nametype=CREATE cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:354): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:357): arch=c000003e syscall=91 success=yes exit=0 a0=3 a1=180 a2=0 a3=7f905fe58608 items=1 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:357): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:357): item=0 name=(null) inode=16261468 dev=fe:00 mode=0104755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:357): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:362): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=5623965d00aa a2=0 a3=0 items=1 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:362): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:362): item=0 name="/etc/passwd" inode=737 dev=fe:00 mode=0100644 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:362): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:364): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=5623965d00b6 a2=2 a3=0 items=1 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:364): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:364): item=0 name="/dev/null" inode=3 dev=00:06 mode=020666 ouid=0 ogid=0 rdev=01:03 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:364): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:366): arch=c000003e syscall=257 success=no exit=-2 a0=ffffff9c a1=5623965d0127 a2=0 a3=0 items=0 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=PROCTITLE msg=audit(1795634851.418:366): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:367): arch=c000003e syscall=257 success=no exit=-14 a0=ffffff9c a1=1 a2=0 a3=0 items=0 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=PROCTITLE msg=audit(1795634851.418:367): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:369): arch=c000003e syscall=257 success=yes exit=4 a0=3 a1=5623965d0083 a2=0 a3=0 items=1 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:369): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:369): item=0 name="plain" inode=16261466 dev=fe:00 mode=0100640 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:369): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:378): arch=c000003e syscall=90 success=no exit=-2 a0=5623965d00e3 a1=180 a2=0 a3=7f905fe58d88 items=1 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:378): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:378): item=0 name="d/sym" nametype=UNKNOWN cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:378): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:386): arch=c000003e syscall=76 success=no exit=-2 a0=5623965d00fc a1=1 a2=0 a3=7f905fe5e3b0 items=1 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:386): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:386): item=0 name="/etc/nonexist" nametype=UNKNOWN cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:386): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:389): arch=c000003e syscall=293 success=yes exit=0 a0=7ffcba2cad68 a1=0 a2=11a4 a3=7f905fe69018 items=0 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=FD_PAIR msg=audit(1795634851.418:389): fd0=4 fd1=5
    type=PROCTITLE msg=audit(1795634851.418:389): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:391): arch=c000003e syscall=9 success=no exit=-19 a0=0 a1=1000 a2=5 a3=2 items=0 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=MMAP msg=audit(1795634851.418:391): fd=3 flags=0x2
    type=PROCTITLE msg=audit(1795634851.418:391): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:395): arch=c000003e syscall=42 success=no exit=-111 a0=9 a1=7ffcba2cad50 a2=10 a3=7f905fe66a08 items=0 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=SOCKADDR msg=audit(1795634851.418:395): saddr=020000097F0000010000000000000000
    type=PROCTITLE msg=audit(1795634851.418:395): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:397): arch=c000003e syscall=42 success=no exit=-111 a0=b a1=7ffcba2cace0 a2=b a3=7f905fe66a08 items=0 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=SOCKADDR msg=audit(1795634851.418:397): saddr=0100006162737472616374
    type=PROCTITLE msg=audit(1795634851.418:397): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:398): arch=c000003e syscall=42 success=no exit=-2 a0=b a1=7ffcba2cace0 a2=6e a3=7f905fe66a08 items=1 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=SOCKADDR msg=audit(1795634851.418:398): saddr=01002F6E6F2F7375636800000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
    type=CWD msg=audit(1795634851.418:398): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:398): item=0 name="/no/such" nametype=UNKNOWN cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:398): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:403): arch=c000003e syscall=257 success=no exit=-36 a0=ffffff9c a1=7ffcba2c9950 a2=0 a3=0 items=0 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=PROCTITLE msg=audit(1795634851.418:403): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:404): arch=c000003e syscall=257 success=no exit=-36 a0=ffffff9c a1=7ffcba2c9950 a2=0 a3=0 items=1 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=CWD msg=audit(1795634851.418:404): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:404): item=0 name="LLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLLL" nametype=UNKNOWN cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:404): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:410): arch=c000003e syscall=59 success=no exit=-2 a0=5623965d005c a1=7ffcba2c9920 a2=7ffcba2caec0 a3=7f905fe60b28 items=1 ppid=10558 pid=10565 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key="child"
    type=CWD msg=audit(1795634851.418:410): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:410): item=0 name=2F6E6F6E6578697374656E742070726F67 nametype=UNKNOWN cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:410): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.418:415): arch=c000003e syscall=59 success=yes exit=0 a0=5623965d0023 a1=7ffcba2c9900 a2=7ffcba2caec0 a3=7f905fe60b28 items=2 ppid=10558 pid=10566 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="true" exe="/usr/bin/true" key="child"
    type=BPRM_FCAPS msg=audit(1795634851.418:415): fver=0 fp=0 fi=0 fe=0 old_pp=000001fffeffffff old_pi=0 old_pe=000001fffeffffff old_pa=0 pp=000001fffeffffff pi=0 pe=000001fffeffffff pa=0 frootid=0
    type=EXECVE msg=audit(1795634851.418:415): argc=5 a0="true" a1=612062 a2="" a3=0171 a4=706C61696E2271
    type=CWD msg=audit(1795634851.418:415): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.418:415): item=0 name="/bin/true" inode=254734 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PATH msg=audit(1795634851.418:415): item=1 name="/lib64/ld-linux-x86-64.so.2" inode=332717 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.418:415): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.422:448): arch=c000003e syscall=59 success=yes exit=0 a0=5623965d0041 a1=7ffcba2c9910 a2=7ffcba2caec0 a3=7f905fe60b28 items=3 ppid=10558 pid=10567 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="script.sh" exe="/usr/bin/dash" key="child"
    type=BPRM_FCAPS msg=audit(1795634851.422:448): fver=0 fp=0 fi=0 fe=0 old_pp=000001fffeffffff old_pi=0 old_pe=000001fffeffffff old_pa=0 pp=000001fffeffffff pi=0 pe=000001fffeffffff pa=0 frootid=0
    type=EXECVE msg=audit(1795634851.422:448): argc=4 a0="/bin/sh" a1="-e" a2="./script.sh" a3="arg1"
    type=CWD msg=audit(1795634851.422:448): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.422:448): item=0 name="./script.sh" inode=16261435 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PATH msg=audit(1795634851.422:448): item=1 name="/bin/sh" inode=253957 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PATH msg=audit(1795634851.422:448): item=2 name="/lib64/ld-linux-x86-64.so.2" inode=332717 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.422:448): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.434:601): arch=c000003e syscall=257 per=240000 success=no exit=-2 a0=ffffff9c a1=5623965d0012 a2=0 a3=0 items=1 ppid=10558 pid=10571 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key="child"
    type=CWD msg=audit(1795634851.434:601): cwd="/tmp/example"
    type=PATH msg=audit(1795634851.434:601): item=0 name="relative" nametype=UNKNOWN cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634851.434:601): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634851.434:615): arch=c000003e syscall=231 a0=0 a1=0 a2=7f905ff22bd3 a3=0 items=0 ppid=10536 pid=10558 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work" exe="/tmp/example/work" key=6B65726E206B6579
    type=PROCTITLE msg=audit(1795634851.434:615): proctitle=2E2F776F726B0077616974

    type=SYSCALL msg=audit(1795634924.302:1187): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=562291ced004 a2=0 a3=0 items=1 ppid=12747 pid=12766 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work2" exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=CWD msg=audit(1795634924.302:1187): cwd="/tmp/example"
    type=PATH msg=audit(1795634924.302:1187): item=0 name="/etc/hostname" inode=611 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1187): proctitle="(null)"

    type=SYSCALL msg=audit(1795634924.302:1189): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=562291ced004 a2=0 a3=0 items=1 ppid=12747 pid=12768 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work2" exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=CWD msg=audit(1795634924.302:1189): cwd="/tmp/example"
    type=PATH msg=audit(1795634924.302:1189): item=0 name="/etc/hostname" inode=611 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1189): proctitle=0A78A1

    type=SYSCALL msg=audit(1795634924.302:1190): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=562291ced004 a2=0 a3=0 items=1 ppid=12747 pid=12769 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work2" exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=CWD msg=audit(1795634924.302:1190): cwd="/tmp/example"
    type=PATH msg=audit(1795634924.302:1190): item=0 name="/etc/hostname" inode=611 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1190): proctitle="x"

    type=SYSCALL msg=audit(1795634924.302:1192): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=562291ced004 a2=0 a3=0 items=1 ppid=12747 pid=12771 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm=61206222630A exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=CWD msg=audit(1795634924.302:1192): cwd="/tmp/example"
    type=PATH msg=audit(1795634924.302:1192): item=0 name="/etc/hostname" inode=611 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1192): proctitle=2E2F776F726B320066697273742D617267756D656E742D776F7264007365636F6E6420776F72640079797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979

    type=SYSCALL msg=audit(1795634924.302:1193): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=562291ced004 a2=0 a3=0 items=1 ppid=12747 pid=12772 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="" exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=CWD msg=audit(1795634924.302:1193): cwd="/tmp/example"
    type=PATH msg=audit(1795634924.302:1193): item=0 name="/etc/hostname" inode=611 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1193): proctitle=2E2F776F726B320066697273742D617267756D656E742D776F7264007365636F6E6420776F72640079797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979

    type=SYSCALL msg=audit(1795634924.302:1194): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=562291ced004 a2=0 a3=0 items=1 ppid=12747 pid=12773 auid=4294967295 uid=6 gid=3 euid=7 suid=8 fsuid=7 egid=4 sgid=5 fsgid=4 tty=(none) ses=4294967295 comm="work2" exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=CWD msg=audit(1795634924.302:1194): cwd="/tmp/example"
    type=PATH msg=audit(1795634924.302:1194): item=0 name="/etc/hostname" inode=611 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1194): proctitle=2E2F776F726B320066697273742D617267756D656E742D776F7264007365636F6E6420776F72640079797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979

    type=SYSCALL msg=audit(1795634924.302:1196): arch=c000003e syscall=257 success=yes exit=4 a0=ffffff9c a1=7fa9b4a38f30 a2=2 a3=0 items=1 ppid=12747 pid=12774 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=4294967295 comm="work2" exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=CWD msg=audit(1795634924.302:1196): cwd="/tmp/example"
    type=PATH msg=audit(1795634924.302:1196): item=0 name="/dev/pts/0" inode=3 dev=00:1a mode=020600 ouid=0 ogid=0 rdev=88:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1196): proctitle=2E2F776F726B320066697273742D617267756D656E742D776F7264007365636F6E6420776F72640079797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979

    type=SYSCALL msg=audit(1795634924.302:1198): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=562291ced019 a2=40 a3=180 items=2 ppid=12747 pid=12775 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work2" exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=CWD msg=audit(1795634924.302:1198): cwd=2F746D702F6578616D706C652F626C20616E6B
    type=PATH msg=audit(1795634924.302:1198): item=0 name=2F746D702F6578616D706C652F626C20616E6B inode=16261400 dev=fe:00 mode=040755 ouid=0 ogid=0 rdev=00:00 nametype=PARENT cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PATH msg=audit(1795634924.302:1198): item=1 name="rel" inode=16261424 dev=fe:00 mode=0100600 ouid=0 ogid=0 rdev=00:00 nametype=CREATE cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1198): proctitle=2E2F776F726B320066697273742D617267756D656E742D776F7264007365636F6E6420776F72640079797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979

    type=SYSCALL msg=audit(1795634924.302:1199): arch=c000003e syscall=257 success=no exit=-2 a0=ffffff9c a1=562291ced027 a2=40 a3=180 items=1 ppid=12747 pid=12775 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work2" exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=CWD msg=audit(1795634924.302:1199): cwd=2F746D702F6578616D706C652F626C20616E6B202864656C6574656429
    type=PATH msg=audit(1795634924.302:1199): item=0 name="gone" nametype=UNKNOWN cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1199): proctitle=2E2F776F726B320066697273742D617267756D656E742D776F7264007365636F6E6420776F72640079797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979

    type=SYSCALL msg=audit(1795634924.302:1201): arch=c000003e syscall=59 success=yes exit=0 a0=562291ced033 a1=7fff3dbdd040 a2=7fff3dbdd1b0 a3=7fa9b4868b28 items=2 ppid=12747 pid=12776 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm=65786520636F7079 exe=2F746D702F6578616D706C652F65786520636F7079 key=6F6E650174776F20776F726473
    type=BPRM_FCAPS msg=audit(1795634924.302:1201): fver=0 fp=0 fi=0 fe=0 old_pp=000001fffeffffff old_pi=0 old_pe=000001fffeffffff old_pa=0 pp=000001fffeffffff pi=0 pe=000001fffeffffff pa=0 frootid=0
    type=EXECVE msg=audit(1795634924.302:1201): argc=1 a0="true"
    type=CWD msg=audit(1795634924.302:1201): cwd="/tmp/example"
    type=PATH msg=audit(1795634924.302:1201): item=0 name=65786520636F7079 inode=254734 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PATH msg=audit(1795634924.302:1201): item=1 name="/lib64/ld-linux-x86-64.so.2" inode=332717 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.302:1201): proctitle="true"

    type=SYSCALL msg=audit(1795634924.306:1236): arch=c000003e syscall=322 success=yes exit=0 a0=3 a1=562291ced018 a2=7fff3dbdd040 a3=7fff3dbdd1b0 items=2 ppid=12747 pid=12778 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="true" exe="/usr/bin/true" key=6F6E650174776F20776F726473
    type=BPRM_FCAPS msg=audit(1795634924.306:1236): fver=0 fp=0 fi=0 fe=0 old_pp=000001fffeffffff old_pi=0 old_pe=000001fffeffffff old_pa=0 pp=000001fffeffffff pi=0 pe=000001fffeffffff pa=0 frootid=0
    type=EXECVE msg=audit(1795634924.306:1236): argc=1 a0="true"
    type=CWD msg=audit(1795634924.306:1236): cwd="/tmp/example"
    type=PATH msg=audit(1795634924.306:1236): item=0 name="" inode=254734 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PATH msg=audit(1795634924.306:1236): item=1 name="/lib64/ld-linux-x86-64.so.2" inode=332717 dev=fe:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
    type=PROCTITLE msg=audit(1795634924.306:1236): proctitle=2E2F776F726B320066697273742D617267756D656E742D776F7264007365636F6E6420776F72640079797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979

    type=SYSCALL msg=audit(1795634924.306:1239): arch=c000003e syscall=1000 success=no exit=-38 a0=0 a1=0 a2=ffffffffffffff80 a3=7fa9b4854740 items=0 ppid=12747 pid=12779 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=4294967295 comm="work2" exe="/tmp/example/work2" key=6F6E650174776F20776F726473
    type=PROCTITLE msg=audit(1795634924.306:1239): proctitle=2E2F776F726B320066697273742D617267756D656E742D776F7264007365636F6E6420776F72640079797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979797979
    """#
