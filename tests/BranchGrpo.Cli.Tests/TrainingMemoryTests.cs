using BranchGrpo.Cli.Compare;
using BranchGrpo.Cli.Images;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using CsCheck;
using TorchSharp;
using Xunit;

namespace BranchGrpo.Cli.Tests;

/// <summary>What memory decides, and what it must not decide.</summary>
public sealed class TrainingMemoryTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    static TrainingMemoryTests() => LibTorch.Load();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_quarter_of_the_memory_holds_one_micro_batch_and_the_kept_forwards()
    {
        Assert.Equal(new(64, 2500 - 640), TrainingMemory.Of(10, 10_000));
        Assert.Equal(new(64, 0), TrainingMemory.Of(10, 2560));
        Assert.Equal(new(62, 5), TrainingMemory.Of(10, 2500));                          // 625 bytes: 62 latents, 5 left
        Assert.Equal(new(1, 0), TrainingMemory.Of(10, 0));                              // never less than one latent
        Assert.Equal(new(64, 0), TrainingMemory.Of(0, 10_000));                         // nobody knows what a latent keeps
        Assert.Equal(new(200, 500), TrainingMemory.Of(10, 10_000, microBatch: 200));    // a choice of the user's own has no limit
        Assert.Equal(new(3, 0), TrainingMemory.Of(0, 0, microBatch: 3));
        Assert.Contains("at least 1", Assert.Throws<ArgumentOutOfRangeException>(() => TrainingMemory.Of(10, 10_000, 0)).Message);
    }

    [Fact]
    public void More_memory_never_means_less_of_anything() => Gen.Select(Gen.Long[1, 1000], Gen.Long[0, 1_000_000], Gen.Long[0, 1_000_000])
        .Sample((latent, some, more) =>
        {
            var (few, many) = (TrainingMemory.Of(latent, some), TrainingMemory.Of(latent, some + more));
            return few.MicroBatch <= many.MicroBatch && many.MicroBatch <= TrainingMemory.LargestMicroBatch
                && (few.MicroBatch == 1 || (few.MicroBatch * latent) + few.ForwardMemory <= some / 4)
                && (few.MicroBatch < many.MicroBatch || few.ForwardMemory <= many.ForwardMemory);
        });

    [Fact]
    public void A_worker_of_the_embedded_task_keeps_forwards_and_takes_the_users_micro_batch()
    {
        using var work = WorkerTask.Create(Job(1L << 32, null));
        Assert.Equal(64, work.Memory.MicroBatch);
        Assert.InRange(work.Memory.ForwardMemory, 1L << 29, 1L << 30);
        var experiment = WorkerRun.ExperimentOf(Job(1L << 32, null), work, Recipes.Find("BranchGRPO", Geometry.Quick));
        Assert.Equal(work.Memory, new(experiment.MicroBatch, experiment.ForwardMemory));
        using var own = WorkerTask.Create(Job(1L << 32, 5));
        Assert.Equal(5, own.Memory.MicroBatch);
        using var small = WorkerTask.Create(Job(40 << 20, null));                       // 10 MiB for latents of 0.9 MB
        Assert.Equal(new(12, 0), small.Memory with { ForwardMemory = 0 });
    }

    [Fact]
    public void Processes_side_by_side_share_the_memory()
    {
        Assert.InRange(4.0 * WorkerPool.MemoryOf("cpu", 4) / WorkerPool.MemoryOf("cpu", 1), 0.8, 1.25);     // others come and go
        var plan = new ComparePlan
        {
            Preset = "dry", Geometry = Geometry.Quick, Device = "cpu", Seconds = null, Iterations = 1, EvaluateEvery = 1, Methods = ["DanceGRPO"],
            Seeds = [1], MicroBatch = 3,
        };
        Assert.Equal((77L, 3), plan.Jobs("f", 77).Select(job => (job.Memory, job.MicroBatch)).Single());
        Assert.True(plan.Agrees(plan with { MicroBatch = null }));              // a run goes on with a smaller one
    }

    [Fact]
    public void What_is_available_is_no_more_than_the_device_has() =>
        Assert.InRange(DeviceMemory.Available(torch.CPU), 1 << 26, DeviceMemory.Of(torch.CPU)!.Bytes);

    [Theory]
    [InlineData("DanceGRPO")]
    [InlineData("BranchGRPO-Split")]
    public void Records_do_not_depend_on_the_forward_memory(string method)
    {
        torch.set_num_threads(1);
        var task = ShapesTask.Create() with { Evaluate = _ => new(new Dictionary<string, double> { ["reward"] = 0 }) };
        var without = new Experiment { Task = task, Recipe = Recipes.Find(method, Geometry.Quick) with { Prompts = 2 }, Seed = 3, Iterations = 2 };
        var records = new[] { without, without with { ForwardMemory = 1L << 30 } }.Select(e => ExperimentRunner.Run(e, folder.File($"{e.ForwardMemory}")));
        var lines = records.Select(r => r.Events.Select(Untimed).ToArray()).ToArray();
        Assert.Equal(lines[0], lines[1]);
        byte[][] states = [.. new[] { 0, 1L << 30 }.Select(m => File.ReadAllBytes(Path.Combine(folder.File($"{m}"), ExperimentRunner.StateFile)))];
        Assert.True(states[0].AsSpan().SequenceEqual(states[1]));
    }

    private static string Untimed(RunEvent item) => (item is RunEvent.Iterated iterated
        ? iterated with { Seconds = 0, Metrics = iterated.Metrics with { Seconds = new(0, 0, 0, 0) } }
        : item with { Seconds = 0 }).ToJson();

    private static WorkerJob Job(long memory, int? microBatch) => new()
    {
        Method = "BranchGRPO", Geometry = Geometry.Quick, Seed = 1, Seconds = null, Iterations = 1, EvaluateEvery = 1, Device = "cpu",
        Folder = "f", Memory = memory, MicroBatch = microBatch,
    };
}
