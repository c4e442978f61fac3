using System.Text.RegularExpressions;
using ClipTransfer.Notebooks;
using ClipTransfer.Tests.Data;
using ClipTransfer.Training.Distributed;
using SkiaSharp;

namespace ClipTransfer.Tests.Distributed;

/// <summary>What goes wrong with one of several processes: all end soon, one message names it, nothing is left over.</summary>
[Trait("Category", "Slow")]
public sealed partial class FaultTests : IDisposable
{
    private readonly MpiTraining _training = new();
    private readonly string _long;

    public FaultTests() => _long = _training.Write("long", "\"epochs\": 3", "\"epochs\": 8");

    public void Dispose() => _training.Dispose();

    // Ours, not the launcher's own remarks.
    private static string OneMessage(MpiJob job) => Assert.Single(job.Text.Split('\n'), line => Ours().IsMatch(line));

    [MpiFact]
    public async Task After_a_kill_a_restart_goes_on_and_trains_nothing_twice()
    {
        var straight = await _training.Run(2, "straight", "long");
        using (var job = _training.Start(2, "killed", "long"))
        {
            await job.Lines(_training.Log("killed"), 2 * MpiTraining.StepsPerEpoch + 5);
            job.Signal(1, "KILL");
            Assert.NotEqual(0, await job.End(seconds: 30));
            Assert.Contains("rank 1", job.Text, StringComparison.Ordinal); // the launcher saw it, and says so
            Assert.Contains("signal 9", job.Text, StringComparison.Ordinal);
        }

        Assert.InRange(_training.Newest("killed").State.Step, MpiTraining.StepsPerEpoch, straight.Count - 1);
        var resumed = await _training.Run(2, "killed", "long", "--resume");
        // The same processes in the same order add the same bits.
        Assert.Equal(straight.Select(s => (s.Step, s.Epoch, s.Loss, s.GradientNorm)), resumed.Select(s => (s.Step, s.Epoch, s.Loss, s.GradientNorm)));
    }

    [MpiFact]
    public async Task A_stop_asked_of_one_stops_all_at_the_same_step_with_a_checkpoint()
    {
        using var job = _training.Start(2, "stopped", "long");
        await job.Lines(_training.Log("stopped"), 3);
        job.Signal(1, "INT");
        Assert.NotEqual(0, await job.End(seconds: 30));
        var step = _training.Newest("stopped").State.Step;
        Assert.Equal(step, _training.Steps("stopped").Count);
        Assert.Contains($"stopped after step {step}; the same command with --resume goes on", job.Text, StringComparison.Ordinal);
        Assert.DoesNotMatch(Ours(), job.Text);
    }

    [MpiFact]
    public async Task A_rank_that_stalls_is_given_up_and_named()
    {
        using var job = _training.Start(2, "stalled", "long", "--timeout", "3");
        await job.Lines(_training.Log("stalled"), 3);
        job.Signal(1, "STOP");
        Assert.NotEqual(0, await job.End(seconds: 30));
        var host = Environment.MachineName;
        Assert.Matches($@"^rank 0 of 2 on {host}: rank 1 on {host}: did not answer for \d s, in which rank 0 waited\. Look at", OneMessage(job));
    }

    [MpiTheory]
    [InlineData("/nowhere/libmpi.so", "MPI: no library was found (/nowhere/libmpi.so). Install Open MPI 4")]
    [InlineData("libm.so.6", "MPI library libm.so.6: lacks MPI_Get_library_version, which MPI 3 has. Install Open MPI 4")]
    public async Task An_MPI_that_is_not_there_or_does_not_fit_is_one_clear_line(string library, string says)
    {
        using var job = MpiJob.Start(_training.Path, ["-x", $"CLIPTRANSFER_MPI={library}", "-n", "2", .. _training.Words("o")]);
        Assert.NotEqual(0, await job.End(seconds: 60));
        Assert.StartsWith(says, Assert.Single(job.Text.Split('\n'), line => line.StartsWith("MPI", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [MpiTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_rank_whose_disk_is_full_says_so_for_all(int full)
    {
        // The first one's run folder, or the other's folder for temporary files, is a disk of its own that is too small.
        var disk = Path.Combine(_training.Path, full == 0 ? "full" : "tmp");
        Directory.CreateDirectory(disk);
        var size = full == 0 ? "900k" : "4k";
        var there = full == 0 ? "" : $"export TMPDIR={disk} DOTNET_EnableDiagnostics=0; ";
        var words = string.Join(' ', _training.Words("full", "long"));
        var filled = full == 0 ? "" : $"head -c 100000 /dev/zero > {disk}/rest; ";
        var mounted = $"mount -t tmpfs -o size={size} tmpfs {disk} || exit 77; {filled}{there}exec {words}";
        using var job = MpiJob.Start(_training.Path, "-n", "2", "sh", "-c", $"if [ $OMPI_COMM_WORLD_RANK = {full} ]; then exec unshare -m sh -c '{mounted}'; else exec {words}; fi");
        var code = await job.End(seconds: 60);
        if (code == 77 || job.Text.Contains("unshare failed", StringComparison.Ordinal)) return; // mounting needs more rights than we have here
        Assert.NotEqual(0, code);
        Assert.Matches($"^rank {full} of 2 on {Environment.MachineName}: .*cannot be written.*No space left on device", OneMessage(job));
    }

    [MpiFact]
    public async Task A_rank_with_other_settings_is_refused_before_the_first_step()
    {
        _training.Write("other", "\"seed\": 11", "\"seed\": 12");
        await Refused(_training.Words("o"), _training.Words("o", "other"), "has other settings than rank 0");
    }

    [MpiFact]
    public async Task A_rank_with_other_data_is_refused_before_the_first_step()
    {
        string[] Words(string folder, string caption)
        {
            Write(Path.Combine(_training.Path, folder), caption);
            return _training.Words("o", "photographs", "--data", Path.Combine(_training.Path, folder));
        }

        _training.Write("photographs", "\"trainPairs\": 256, \"validationSplit\": \"validation\", \"validationPairs\": 96", "\"pairs\": \"flickr8k\"");
        await Refused(Words("a", "a red half"), Words("b", "a red halo"), "has other data than rank 0", "-x", $"XDG_CACHE_HOME={_training.Path}");

        static void Write(string folder, string last)
        {
            var set = Directory.CreateDirectory(Path.Combine(folder, "flickr8k", "Images")).Parent!.FullName;
            var names = Enumerable.Range(0, 40).Select(k => $"{k:D2}.jpg").ToArray();
            foreach (var name in names) File.WriteAllBytes(Path.Combine(set, "Images", name), Pictures.Halves(24, 20, SKColors.Red, SKColors.White));
            File.WriteAllLines(Path.Combine(set, "captions.txt"), names.Select(name => $"{name},{(name == names[^1] ? last : "a white half")}").Prepend("image,caption"));
            foreach (var split in new[] { "train", "dev", "test" }) File.WriteAllLines(Path.Combine(set, $"Flickr_8k.{split}Images.txt"), names);
        }
    }

    [MpiFact]
    public async Task A_rank_with_other_code_is_refused_before_the_first_step()
    {
        // The program once more, linked file by file, with another build's identity in the library.
        var built = Path.GetDirectoryName(typeof(CommandLine).Assembly.Location)!;
        var copy = Path.Combine(_training.Path, "bin");
        using (var link = System.Diagnostics.Process.Start("cp", ["-rs", built, copy])) await link.WaitForExitAsync();
        foreach (var name in new[] { "ClipTransfer.dll", "ClipTransfer.Notebooks.dll", "ClipTransfer.Notebooks.runtimeconfig.json", "ClipTransfer.Notebooks.deps.json" })
        {
            File.Delete(Path.Combine(copy, name));
            File.Copy(Path.Combine(built, name), Path.Combine(copy, name));
        }

        var library = await File.ReadAllBytesAsync(Path.Combine(copy, "ClipTransfer.dll"));
        var identity = library.AsSpan().IndexOf(typeof(RunIdentity).Module.ModuleVersionId.ToByteArray());
        Assert.True(identity > 0);
        library[identity] ^= 1;
        await File.WriteAllBytesAsync(Path.Combine(copy, "ClipTransfer.dll"), library);
        var words = _training.Words("o");
        string[] other = [.. words.Select(word => word == typeof(CommandLine).Assembly.Location ? Path.Combine(copy, "ClipTransfer.Notebooks.dll") : word)];
        Assert.NotEqual(words, other);
        await Refused(words, other, "runs other code than rank 0");
    }

    private async Task Refused(string[] first, string[] second, string what, params string[] options)
    {
        using var job = MpiJob.Start(_training.Path, [.. options, "-n", "1", .. first, ":", .. options, "-n", "1", .. second]);
        Assert.NotEqual(0, await job.End(seconds: 60));
        Assert.Matches($"^rank 0 of 2 on {Environment.MachineName}: rank 1 on {Environment.MachineName}: {what}", OneMessage(job));
        Assert.False(File.Exists(_training.Log("o")));
    }

    [GeneratedRegex(@"^rank \d of \d on ", RegexOptions.Multiline)]
    private static partial Regex Ours();
}
