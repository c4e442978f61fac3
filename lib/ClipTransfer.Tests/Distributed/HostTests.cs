using System.Diagnostics;

namespace ClipTransfer.Tests.Distributed;

/// <summary>Two machines, played by two network namespaces that a pair of virtual cables joins: each has its own MPI daemon, started by an agent in place of ssh.</summary>
[Trait("Category", "Slow")]
public sealed class HostTests : IDisposable
{
    private readonly MpiTraining _training = new();
    private readonly string _id = $"ct{Environment.ProcessId % 100_000}";

    public void Dispose()
    {
        foreach (var name in new[] { "a", "b" }) Shell($"ip netns del {_id}{name} 2>/dev/null; true");
        _training.Dispose();
    }

    private static (int Code, string Text) Shell(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", command + " 2>&1"]) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text);
    }

    // Namespaces …a with 10.213.7.1 and …b with 10.213.7.2; false where the system does not let us make them.
    private bool MakeHosts() => Shell(
        $"set -e; for n in a b; do ip netns add {_id}$n; ip -n {_id}$n link set lo up; done; " +
        $"ip link add {_id}a type veth peer name {_id}b; n=1; for h in a b; do ip link set {_id}$h netns {_id}$h; " +
        $"ip -n {_id}$h addr add 10.213.7.$n/24 dev {_id}$h; ip -n {_id}$h link set {_id}$h up; n=$((n+1)); done").Code == 0;

    private string[] OverHosts(string output, string settings = "run")
    {
        var agent = Path.Combine(_training.Path, "agent.sh");
        // mpirun calls it as it would call ssh: host, then the command. A machine has a name of its own, too.
        File.WriteAllText(agent, $"while [ \"${{1#-}}\" != \"$1\" ]; do shift; done\nshift\nexec ip netns exec {_id}b unshare --uts sh -c \"hostname machine-b; $*\"\n");
        return
        [
            "--mca", "plm_rsh_agent", $"sh {agent}", "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "10.213.7.0/24", "--mca", "oob_tcp_if_include", "10.213.7.0/24",
            "-H", "10.213.7.1:1,10.213.7.2:1", "-n", "2", .. _training.Words(output, settings),
        ];
    }

    [MpiFact]
    public async Task Two_hosts_get_the_bits_of_one_also_when_one_of_them_is_slow()
    {
        if (!MakeHosts()) return; // namespaces need more rights than we have here
        var one = await _training.Run(2, "one");
        using (var job = MpiJob.StartIn(_id + "a", _training.Path, OverHosts("two")))
        {
            Assert.Contains("2 processes on 2 machines", await job.Success(), StringComparison.Ordinal);
        }

        Assert.Equal(one.Select(s => (s.Step, s.Loss, s.GradientNorm)), _training.Steps("two").Select(s => (s.Step, s.Loss, s.GradientNorm)));

        // The kernel may lack netem to delay a network: a process that is held for a while before it comes to the others.
        using (var job = MpiJob.StartIn(_id + "a", _training.Path, OverHosts("slow")))
        {
            for (var k = 1; k <= 4; k++)
            {
                await job.Lines(_training.Log("slow"), 3 * k);
                job.Signal(1, "STOP");
                await Task.Delay(400);
                job.Signal(1, "CONT");
            }

            await job.Success();
        }

        var slow = _training.Steps("slow");
        Assert.Equal(one.Select(s => (s.Step, s.Loss, s.GradientNorm)), slow.Select(s => (s.Step, s.Loss, s.GradientNorm)));
        Assert.True(slow.Sum(s => s.Communication) > 4 * 0.3); // the waiting shows in the log
    }
}
