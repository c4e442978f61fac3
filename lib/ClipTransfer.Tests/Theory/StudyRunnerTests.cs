using ClipTransfer.Runtime;
using ClipTransfer.Theory;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Theory;

public class StudyRunnerTests
{
    [Fact]
    public void Results_keep_their_order_and_do_not_depend_on_what_runs_beside_them()
    {
        double Study(int size, long seed)
        {
            using var model = new SharedFeatureModel(new SharedFeatureSettings { Classes = size, Seed = seed });
            var batches = model.SampleBatches(3, 4, seed);
            return LinearClip.Evaluate(model.OptimalMap(), batches, LinearObjective.Clip(0.2)).Value;
        }
        int[] sizes = [3, 9, 5];
        long[] seeds = [4, 5, 6, 7];
        var together = StudyRunner.Grid(sizes, seeds, Study);
        for (var i = 0; i < 3; i++)
            for (var j = 0; j < 4; j++)
                Assert.Equal(StudyRunner.Run([0], _ => Study(sizes[i], seeds[j]))[0], together[i][j]);
    }

    [Fact]
    public void A_study_that_fails_fails_the_call_and_threads_are_as_before()
    {
        var before = get_num_threads();
        Assert.Throws<InputException>(() => StudyRunner.Run(Enumerable.Range(0, 5).ToArray(), k => k == 3 ? throw new InputException("a", "b", "c") : k));
        Assert.Equal(before, get_num_threads());
    }
}
