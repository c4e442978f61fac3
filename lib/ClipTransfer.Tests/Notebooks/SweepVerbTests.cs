using ClipTransfer.Notebooks;
using ClipTransfer.Results;

namespace ClipTransfer.Tests.Notebooks;

public sealed class SweepVerbTests : IDisposable
{
    private readonly CloneFixture _clone = new();
    private readonly string _grid;

    public SweepVerbTests()
    {
        _grid = Path.Combine(_clone.Root, "tiny.json");
        File.WriteAllText(_grid, """
            {
              "head": { "paper": "Table 1", "hardware": "2 cores", "duration": "seconds", "expect": "nothing" },
              "settings": {
                "base": {
                  "model": { "name": "Tiny", "embedDim": 16 },
                  "data": { "trainPairs": 32, "heldOutPairs": 16, "imageSize": 16 },
                  "batchSize": 16,
                  "training": { "epochs": 1, "progress": false }
                },
                "transfer": { "zeroShot": ["scenes/shape"], "probe": [], "testImages": 16 },
                "blocks": [ { "name": "methods", "set": { "method.name": ["CLIP", "L2"], "seed": [0, 1] } } ]
              }
            }
            """);
    }

    public void Dispose() => _clone.Dispose();

    [Fact]
    public async Task Two_parts_are_run_apart_and_joined_into_one_file()
    {
        var (a, b, to) = (Path.Combine(_clone.Root, "a"), Path.Combine(_clone.Root, "b"), Path.Combine(_clone.Root, "joined"));
        var (code, output, errors) = await Part("0/2", a);
        Assert.Equal((ExitCodes.Success, ""), (code, errors));
        Assert.Contains("Table 1: seconds on 2 cores; to be expected: nothing", output, StringComparison.Ordinal);
        Assert.Contains("0 were done before, 2 done now, 0 failed", output, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetDirectories(Path.Combine(a, "runs")).Length);

        var (early, _, missing) = await _clone.InvokeAsync("sweep", "merge", _grid, "--from", a, b, "--to", to);
        Assert.Equal(ExitCodes.BadInput, early);
        Assert.Contains("2 of 4 runs of tiny are missing", Assert.Single(missing.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.False(Directory.Exists(to));

        Assert.Equal(ExitCodes.Success, (await Part("1/2", b)).Code);
        Assert.Contains("2 were done before, 0 done now", (await Part("0/2", a)).Output, StringComparison.Ordinal);
        var (merged, says, none) = await _clone.InvokeAsync("sweep", "merge", _grid, "--from", a, b, "--to", to);
        Assert.Equal((ExitCodes.Success, ""), (merged, none));
        Assert.Equal($"4 runs in {Path.Combine(to, "tiny.json")}", says.TrimEnd());
        var results = SweepResults.Read(Path.Combine(to, "tiny.json"));
        Assert.Equal([("CLIP", 0L), ("CLIP", 1L), ("L2", 0L), ("L2", 1L)], results.Runs.Select(run => (run.Method, run.Seed)));
        Assert.Equal(SweepGrid.Read(_grid).Points.Select(point => point.Key), results.Runs.Select(run => run.Key));

        Task<(int Code, string Output, string Errors)> Part(string shard, string to) => _clone.InvokeAsync("sweep", _grid, "--shard", shard, "--out", to, "--device", "cpu");
    }

    [Theory]
    [InlineData("2/2")]
    [InlineData("0")]
    [InlineData("-1/2")]
    [InlineData("0/0")]
    [InlineData("one/two")]
    [InlineData("0/2/4")]
    public async Task A_part_that_is_none_is_one_clear_error(string shard)
    {
        var (code, output, errors) = await _clone.InvokeAsync("sweep", _grid, $"--shard={shard}", "--out", Path.Combine(_clone.Root, "out"));
        Assert.Equal((ExitCodes.BadInput, ""), (code, output));
        Assert.Equal($"--shard {shard}: is not a part. Give i/n with i from 0 to n − 1, for example 0/4.", Assert.Single(errors.TrimEnd().Split('\n')));
        Assert.False(Directory.Exists(Path.Combine(_clone.Root, "out")));
    }

    [Fact]
    public async Task A_grid_that_is_not_there_is_one_clear_error()
    {
        var (code, _, errors) = await _clone.InvokeAsync("sweep", Path.Combine(_clone.Root, "none.json"));
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains("none.json", Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
