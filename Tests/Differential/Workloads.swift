// SPDX-License-Identifier: MIT

/// The workloads of the default run, each a shell script in an empty directory.
///
/// `$W` is the directory of the programs of Tests/Workload. These wait for a byte on standard input; /dev/zero has one.
struct NamedWorkload {
    let name: String
    let script: String
    /// What the machine needs to have for it: programs of the search path.
    var needs: [String] = []

    /// A program of Tests/Workload. They work in a directory that is named first.
    private static func program(_ name: String, _ arguments: String = "") -> NamedWorkload {
        NamedWorkload(
            name: arguments.isEmpty ? name : name + "-" + arguments.replacing(" ", with: "-").replacing("$W/", with: ""),
            script: "exec $W/\(name) $PWD \(arguments) </dev/zero >/dev/null")
    }

    static let all: [NamedWorkload] = [
        program("calls"), program("calls_32"), program("int80"), program("names"), program("addresses"),
        NamedWorkload(name: "execs", script: "exec $W/execs $PWD $W/target_static </dev/zero >/dev/null"),
        NamedWorkload(name: "thread_exec", script: "exec $W/thread_exec $PWD $W/target_static </dev/zero >/dev/null"),
        program("lifecycle", "exit"), program("lifecycle", "killed"), program("lifecycle", "fork"),
        program("lifecycle", "signal"), program("lifecycle", "stopped"), program("counted", "4 500"), program("race"),
        program("diff_files"), program("diff_mounts"), program("diff_queues"), program("diff_signals"), program("diff_labels"),
        NamedWorkload(
            name: "diff_privileges", script: "exec $W/diff_privileges $PWD $W/target_static </dev/zero >/dev/null"),
        program("diff_kernel"), program("diff_ring"), program("diff_socketcall_32"),
        NamedWorkload(
            name: "coreutils",
            script: """
                for n in 1 2 3; do
                    mkdir d; touch d/a 'd/b c'; ln d/a d/hard; ln -s a d/soft; cp d/a d/copy; mv d/copy d/moved
                    mv d/moved d/hard; ls -la d; chmod 600 d/a; chown 1:1 d/a; chmod 1777 d; find . -name a; cat d/a
                    readlink d/soft; stat d/soft; rm d/soft; cat d/none; rm -r d; mkdir -p x/y; rmdir x/y x; rmdir none
                    mkfifo f; mv f g; rm g
                done >/dev/null 2>&1
                """),
        NamedWorkload(
            name: "cc", script: "printf 'int main(void) { return 0; }\\n' >a.c && cc -O1 -o a a.c && ./a", needs: ["cc"]),
        NamedWorkload(
            name: "git",
            script: """
                exec >/dev/null 2>&1
                export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
                git init one; cd one; echo text >file; mkdir sub; echo more >sub/file; git add .
                git -c user.name=n -c user.email=e commit -m m; cd ..; git clone one two; cd two; git log; git status
                """, needs: ["git"]),
        NamedWorkload(
            name: "python",
            script: """
                exec python3 -c '
                import os, socket, subprocess, tempfile, threading
                d = tempfile.mkdtemp(dir=".")
                open(d + "/f", "w").write("x"); os.rename(d + "/f", d + "/g"); os.unlink(d + "/g"); os.rmdir(d)
                t = [threading.Thread(target=os.getppid) for _ in range(4)]
                [x.start() for x in t]; [x.join() for x in t]
                s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
                c = socket.create_connection(s.getsockname()); a = s.accept()[0]; a.send(b"x"); c.recv(1)
                subprocess.run(["true"]); subprocess.run("exit 3", shell=True)
                try: os.open("none", os.O_RDONLY)
                except OSError: pass
                '
                """, needs: ["python3"]),
        NamedWorkload(
            name: "dpkg",
            script: """
                exec >/dev/null 2>&1
                mkdir -p p/DEBIAN p/usr/share/ebpf-audit-diff root/var/lib/dpkg/info root/var/lib/dpkg/updates
                : >root/var/lib/dpkg/status
                printf 'Package: ebpf-audit-diff\\nVersion: 1\\nArchitecture: all\\nMaintainer: none <none@none>\\nDescription: none\\n' >p/DEBIAN/control
                echo data >p/usr/share/ebpf-audit-diff/file
                dpkg-deb -Znone -b p p.deb && dpkg --root=$PWD/root -i p.deb && dpkg --root=$PWD/root -r ebpf-audit-diff
                """, needs: ["dpkg", "dpkg-deb"]),
    ]
}
