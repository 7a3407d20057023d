using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;
using Xunit;

namespace BranchGrpo.Cli.Tests;

public sealed class ExperimentRunnerTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    static ExperimentRunnerTests() => LibTorch.Load();

    public void Dispose() => folder.Dispose();

    private static Experiment Nine { get; } = new()
    {
        Task = TinyTask.Create(),
        Recipe = Recipes.Find("BranchGRPO", Geometry.Quick),
        Seed = 3,
        Iterations = 9,
        EvaluateEvery = 4,
        SaveEvery = 2,
    };

    [Fact]
    public void Record_has_one_event_per_iteration_and_evaluation()
    {
        var record = ExperimentRunner.Run(Nine, folder.Path);
        Assert.Equal(Enumerable.Range(1, 9), record.Iterations.Select(i => i.Iteration));
        Assert.Equal([0, 4, 8, 9], record.Evaluations.Select(e => e.Iteration));
        Assert.True(record.IsComplete);
        Assert.Equal(record.Events.Select(e => e.ToJson()), RunRecord.Read(folder.File("record.jsonl")).Events.Select(e => e.ToJson()));
        Assert.True(record.Iterations.Zip(record.Iterations.Skip(1)).All(p => p.First.Seconds < p.Second.Seconds));
    }

    [Fact]
    public void A_folder_has_one_writer_at_a_time()
    {
        IOException? refused = null;
        var record = ExperimentRunner.Run(Nine, folder.Path, new Watch(p =>
        {
            if (p.Latest is RunEvent.Iterated { Iteration: 2 }) refused = Assert.Throws<IOException>(() => ExperimentRunner.Run(Nine, folder.Path));
            if (p.Latest is RunEvent.Iterated) Assert.NotEmpty(RunRecord.Read(folder.File("record.jsonl")).Events);        // readers may look
        }));
        Assert.Contains("is being written by another run", refused!.Message);
        Assert.Equal(Enumerable.Range(1, 9), record.Iterations.Select(i => i.Iteration));
        Assert.True(ExperimentRunner.Run(Nine, folder.Path).IsComplete);                                                      // and the folder is free again
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    public void Stopped_and_started_again_equals_uninterrupted_bit_for_bit(int stopAt)
    {
        var whole = ExperimentRunner.Run(Nine, folder.File("whole"));
        using var stop = new CancellationTokenSource();
        var watch = new Watch(p =>
        {
            if (p.Latest is RunEvent.Iterated && p.Latest.Iteration == stopAt) stop.Cancel();
        });
        var first = ExperimentRunner.Run(Nine, folder.File("parts"), watch, stop.Token);
        Assert.False(first.IsComplete);
        Assert.Equal(stopAt, first.LastIteration);
        var done = new List<int>();
        var second = ExperimentRunner.Run(Nine, folder.File("parts"), new Watch(p =>
        {
            if (p.Latest is RunEvent.Iterated) done.Add(p.Latest.Iteration);
        }));
        Assert.Equal(stopAt + 1, done[0]);                                      // nothing is done twice after a clean stop
        AssertSame(whole, second, "whole", "parts");
    }

    [Theory]
    [InlineData(5, "")]
    [InlineData(3, "{\"event\":\"iteration\",\"iter")]
    [InlineData(1, "\0\0\0\0\n")]
    public void Killed_after_the_last_save_nothing_stands_twice(int killedAt, string torn)
    {
        var whole = ExperimentRunner.Run(Nine, folder.File("whole"));
        Assert.Throws<InvalidOperationException>(() => ExperimentRunner.Run(Nine, folder.File("parts"), new Watch(p =>
        {
            if (p.Latest is RunEvent.Iterated && p.Latest.Iteration == killedAt) throw new InvalidOperationException("killed");
        })));
        File.AppendAllText(folder.File("parts/record.jsonl"), torn);
        AssertSame(whole, ExperimentRunner.Run(Nine, folder.File("parts")), "whole", "parts");
        Assert.Equal(whole.Events.Count, File.ReadAllLines(folder.File("parts/record.jsonl")).Length);
    }

    [Fact]
    public void Complete_run_is_not_repeated_and_a_longer_budget_continues_it()
    {
        ExperimentRunner.Run(Nine, folder.File("parts"));
        var noPolicy = Nine with { Task = Nine.Task with { CreatePolicy = () => throw new InvalidOperationException("made a policy") } };
        Assert.Equal(9, ExperimentRunner.Run(noPolicy, folder.File("parts")).LastIteration);
        var longer = Nine with { Iterations = 12 };
        var whole = ExperimentRunner.Run(longer, folder.File("whole"));
        var parts = ExperimentRunner.Run(longer, folder.File("parts"));
        Assert.Equal(Enumerable.Range(1, 12), parts.Iterations.Select(i => i.Iteration));
        Assert.Equal(whole.Evaluations[^1].Scores["reward"], parts.Evaluations[^1].Scores["reward"]);
        Assert.Single(parts.Events.OfType<RunEvent.Ended>());
    }

    [Fact]
    public void Forward_memory_saves_policy_calls_and_changes_nothing_else()
    {
        var calls = new int[2];
        foreach (var memory in (int[])[0, 1])
        {
            var run = Nine with { Task = TinyTask.Create(called: () => calls[memory]++), ForwardMemory = memory * 1000 };
            ExperimentRunner.Run(run, folder.File(memory == 0 ? "whole" : "parts"));
        }
        AssertSame(RunRecord.Read(folder.File("whole/record.jsonl")), RunRecord.Read(folder.File("parts/record.jsonl")), "whole", "parts");
        Assert.InRange(calls[1], 1, calls[0] - 9);                              // one at least in every iteration
    }

    [Fact]
    public void Another_seed_or_a_damaged_record_is_refused()
    {
        ExperimentRunner.Run(Nine, folder.Path);
        Assert.Contains("another run", Assert.Throws<InvalidDataException>(() => ExperimentRunner.Run(Nine with { Seed = 4 }, folder.Path)).Message);
        var lines = File.ReadAllLines(folder.File("record.jsonl"));
        lines[2] = lines[2][..20];
        File.WriteAllLines(folder.File("record.jsonl"), lines);
        Assert.Contains("line 3", Assert.Throws<InvalidDataException>(() => ExperimentRunner.Run(Nine, folder.Path)).Message);
    }

    [Fact]
    public void Evaluation_takes_no_training_seconds_and_seconds_end_the_run()
    {
        var task = TinyTask.Create(_ =>
        {
            Thread.Sleep(300);
            return new(new Dictionary<string, double> { ["reward"] = 0 });
        });
        var record = ExperimentRunner.Run(Nine with { Task = task, EvaluateEvery = 1, Iterations = 3 }, folder.File("a"));
        Assert.True(record.LastSeconds < record.Iterations.Sum(i => i.Metrics.Seconds.Total) + 0.25, $"{record.LastSeconds} s");
        var limited = ExperimentRunner.Run(Nine with { Iterations = 100_000, Seconds = 0.3, EvaluateEvery = 1000 }, folder.File("b"));
        Assert.True(limited.IsComplete && limited.LastSeconds >= 0.3 && limited.Iterations[^2].Seconds < 0.3);
        Assert.Equal(limited.LastIteration, limited.Evaluations[^1].Iteration);
    }

    [Fact]
    public void Prompts_are_distinct_functions_of_seed_and_iteration()
    {
        var other = Nine with { Recipe = Recipes.Find("DanceGRPO", Geometry.Quick) };
        var lists = Enumerable.Range(0, 300).Select(Nine.PromptsOf).ToArray();
        Assert.All(lists, list => Assert.Equal(Nine.Recipe.Prompts, list.Distinct().Count()));
        Assert.Equal(lists.Select(l => string.Join(',', l)), Enumerable.Range(0, 300).Select(i => string.Join(',', other.PromptsOf(i))));
        Assert.NotEqual(lists[0], (Nine with { Seed = 4 }).PromptsOf(0));
        var counts = lists.SelectMany(l => l).CountBy(p => p).Select(p => p.Value).ToArray();
        Assert.Equal(TinyTask.Prompts.Length, counts.Length);
        Assert.All(counts, n => Assert.InRange(n, 60, 140));                    // 100 expected, standard deviation 8
    }

    private void AssertSame(RunRecord whole, RunRecord parts, string a, string b)
    {
        Assert.Equal(whole.Iterations.Select(i => i.Metrics.RewardMean), parts.Iterations.Select(i => i.Metrics.RewardMean));
        Assert.Equal(whole.Evaluations.Select(e => e.Iteration), parts.Evaluations.Select(e => e.Iteration));
        Assert.Equal(whole.Evaluations.Select(e => e.Scores["reward"]), parts.Evaluations.Select(e => e.Scores["reward"]));
        Assert.True(parts.IsComplete);
        Assert.All(parts.Iterations.Zip(parts.Iterations.Skip(1)), pair => Assert.True(pair.First.Seconds < pair.Second.Seconds));
        Assert.True(File.ReadAllBytes(folder.File($"{a}/state.safetensors")).SequenceEqual(File.ReadAllBytes(folder.File($"{b}/state.safetensors"))));
    }

    private sealed class Watch(Action<RunProgress> look) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => look(value);
    }
}
