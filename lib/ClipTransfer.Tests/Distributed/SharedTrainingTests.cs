using ClipTransfer.Benchmarks;
using ClipTransfer.Runtime;
using ClipTransfer.Tests.Training;
using ClipTransfer.Training.Distributed;

namespace ClipTransfer.Tests.Distributed;

/// <summary>What does not need an MPI.</summary>
public class SharedTrainingTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void The_parts_of_a_batch_in_turn_are_the_batch(int parts)
    {
        using var run = new SmallRun(pairs: 96, batchSize: 16);
        foreach (var epoch in new[] { 0, 1 })
        {
            var all = Enumerable.Range(0, parts).Select(part => run.Loader.Part(part, parts).Epoch(epoch).ToArray()).ToArray();
            foreach (var (number, whole) in run.Loader.Epoch(epoch).Index())
            {
                Assert.All(all, part => Assert.Equal(16 / parts, part[number].Count));
                Assert.Equal(whole.Images, all.SelectMany(part => part[number].Images));
                Assert.Equal(whole.Tokens.data<long>(), all.SelectMany(part => part[number].Tokens.data<long>()));
                Assert.Equal(whole.Pixels.data<byte>(), all.SelectMany(part => part[number].Pixels.data<byte>()));
                foreach (var part in all) part[number].Dispose();
                whole.Dispose();
            }
        }

        Assert.Equal(run.Loader.Description, run.Loader.Part(1, parts).Description); // so that a run may go on with another number of processes
        Assert.Contains("16 is not a multiple of 3", Assert.Throws<InputException>(() => run.Loader.Part(0, 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_digest_tells_data_and_order_apart()
    {
        using SmallRun run = new(pairs: 32), same = new(pairs: 32), order = new(pairs: 32, seed: 1), fewer = new(pairs: 31, batchSize: 16), half = new(pairs: 32, batchSize: 16);
        Assert.Equal(run.Loader.Digest(), same.Loader.Digest());
        Assert.Equal(5, new[] { run, order, fewer, half }.Select(r => r.Loader.Digest()).Append("").Distinct().Count());
    }

    [Fact]
    public void A_process_that_differs_is_named_with_what_differs()
    {
        var right = new RunIdentity("a", "code", "settings", "data");
        Assert.Null(RunIdentity.First([right, right with { Host = "b" }]));
        Assert.Equal(
            "rank 2 on c: has other data than rank 0 on a: captions, pictures, or how many of them are readable. Run `data verify` on both machines.",
            RunIdentity.First([right, right with { Host = "b" }, right with { Host = "c", Data = "other" }])!.Message);
        Assert.Contains("runs other code than rank 0 on a: new, not code", RunIdentity.First([right, right with { Code = "new", Data = "other" }])!.Message, StringComparison.Ordinal);
        Assert.Contains("has other settings", RunIdentity.First([right, right with { Settings = "x" }])!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_expected_efficiency_is_that_of_a_ring()
    {
        // 64 nodes, 100 MB of gradients, embeddings of 24 · 63 · 100 · 256 bytes: 0.2 ns a byte to add, 0.8 ns on the wire.
        var table = new ScalingTable(StepSeconds: 1, GradientBytes: 100_000_000, Rows: 100, EmbedDim: 256, SumRate: 5e9);
        var seconds = ((2 * 63.0 / 64 * 1e8) + (24.0 * 63 * 100 * 256)) * 1e-9;
        Assert.Equal(seconds, table.Exchange(64, 10), 1e-12);
        Assert.Equal(1 / (1 + seconds), table.Efficiency(64, 10), 1e-12);
        // Two processes of one machine, as measured: P bytes at R, and no wire.
        Assert.Equal((1e8 + (24.0 * 100 * 256)) / 5e9, table.Exchange(2, double.PositiveInfinity), 1e-12);
        Assert.Equal(4, table.Lines().Count());
    }

    [Fact]
    public void One_process_needs_no_MPI()
    {
        Assert.Null(Launch.Processes);
        using var across = Launch.Join(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 1), (across.Rank, across.Size));
        Assert.Equal(["text"], across.Exchange("text"));
    }
}
