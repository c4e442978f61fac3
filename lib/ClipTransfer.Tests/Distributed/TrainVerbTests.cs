using ClipTransfer.Training;

namespace ClipTransfer.Tests.Distributed;

/// <summary><c>mpirun -n N … train SETTINGS.json</c>.</summary>
public sealed class TrainVerbTests : IDisposable
{
    private readonly MpiTraining _training = new();

    public void Dispose() => _training.Dispose();

    // Float32 sums in another order: the difference grows with the steps, by a factor that training sets.
    private static void MustAgree(IReadOnlyList<StepRecord> expected, IReadOnlyList<StepRecord> steps)
    {
        Assert.Equal(expected.Select(s => (s.Step, s.Epoch)), steps.Select(s => (s.Step, s.Epoch)));
        foreach (var (a, b) in expected.Zip(steps))
        {
            var rounding = 2e-6 * Math.Pow(1.25, a.Step);
            Assert.Equal(a.Loss, b.Loss, rounding * Math.Abs(a.Loss));
            Assert.Equal(a.GradientNorm, b.GradientNorm, 10 * rounding * a.GradientNorm);
            foreach (var (name, term) in a.Terms) Assert.Equal(term, b.Terms[name], 10 * rounding * Math.Max(Math.Abs(term), 1e-2));
        }
    }

    [MpiFact]
    public async Task Two_processes_take_the_steps_of_one()
    {
        var (one, two) = (await _training.Run(1, "one"), await _training.Run(2, "two"));
        Assert.Equal(3 * MpiTraining.StepsPerEpoch, one.Count);
        MustAgree(one, two);
        Assert.True(one[^1].Loss < 0.8 * one[0].Loss); // it learns
        Assert.All(one, step => Assert.Equal(0, step.Communication));
        Assert.All(two, step => Assert.InRange(step.Communication, 1e-9, 32 / step.PairsPerSecond));
        var (a, b) = (_training.Newest("one").State, _training.Newest("two").State);
        Assert.Equal(a.Epochs.Select(e => e.ValidationLoss), b.Epochs.Select(e => e.ValidationLoss), (x, y) => Math.Abs(x - y) < 1e-3);
        Assert.Equal(Files("one"), Files("two")); // the second process writes nothing
    }

    [MpiFact]
    [Trait("Category", "Slow")]
    public async Task Four_processes_take_the_steps_of_one_also_after_going_on_with_another_number()
    {
        var one = await _training.Run(1, "one");
        MustAgree(one, await _training.Run(4, "four"));

        // Two processes are stopped in their second epoch; four go on.
        using (var job = _training.Start(2, "mixed", "run"))
        {
            await job.Lines(_training.Log("mixed"), MpiTraining.StepsPerEpoch + 2);
            job.Signal(1, "KILL");
            Assert.NotEqual(0, await job.End());
        }

        MustAgree(one, await _training.Run(4, "mixed", "run", "--resume"));
    }

    [MpiFact]
    [Trait("Category", "Slow")]
    public async Task Chunks_and_bfloat16_work_over_processes_too()
    {
        const string Steps = "\"checkpointEvery\": 3";
        _training.Write("chunks", Steps, Steps + ", \"chunkSize\": 5");
        _training.Write("half", Steps, Steps + ", \"precision\": \"BFloat16\"");
        var one = await _training.Run(1, "one");
        MustAgree(one, await _training.Run(2, "chunks", "chunks"));
        // bfloat16 has 8 bits: one process rounds a sum once, two round each part.
        var (whole, shared) = (await _training.Run(1, "half-one", "half"), await _training.Run(2, "half-two", "half"));
        Assert.Equal(whole[0].Loss, shared[0].Loss, 2e-3 * whole[0].Loss);
        Assert.Equal(whole[^1].Loss, shared[^1].Loss, 0.05 * whole[^1].Loss);
        Assert.NotEqual(one[0].Loss, whole[0].Loss);
    }

    [MpiFact]
    [Trait("Category", "Slow")]
    public async Task Batch_normalisation_is_over_all_rows_unless_each_process_is_to_take_its_own()
    {
        const string Residual = "\"kind\": \"residual\", \"stemWidth\": 8, \"stageWidths\": [16, 32]";
        const string ResNet = "\"kind\": \"resnet\", \"blocks\": [1, 1, 1, 1], \"width\": 4";
        var local = File.ReadAllText(_training.Write("shared", Residual, ResNet)).Replace("\"epochs\": 3", "\"epochs\": 3, \"localBatchNorm\": true", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_training.Path, "local.json"), local);
        var (one, two, own) = (await _training.Run(1, "one", "shared"), await _training.Run(2, "two", "shared"), await _training.Run(2, "own", "local"));
        // Many layers of batch normalisation over few numbers: float32 keeps four digits of a gradient.
        Assert.Equal(one[0].Loss, two[0].Loss, 1e-5 * one[0].Loss);
        Assert.Equal(one[0].GradientNorm, two[0].GradientNorm, 1e-3 * one[0].GradientNorm);
        Assert.Equal(one[^1].Loss, two[^1].Loss, 0.05 * one[^1].Loss);
        Assert.True(Math.Abs(own[0].Loss - one[0].Loss) > 1e-3 * one[0].Loss); // another model
        Assert.Equal(one.Count, own.Count);
    }

    private string[] Files(string output) => [.. Directory.GetFileSystemEntries(Path.Combine(_training.Path, output), "*", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Path.Combine(_training.Path, output), path)).Order(StringComparer.Ordinal)];
}
