using BranchGrpo.Cli.Images;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Cli.Compare;

/// <summary>One job from beginning to end: pictures before, training, pictures and weights after.</summary>
internal static class WorkerRun
{
    /// <summary>How long to wait for an earlier process that is still saving in the same folder.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Runs the job.</summary>
    /// <returns>False when it was stopped before its end.</returns>
    public static bool Execute(WorkerJob job, Action<WorkerMessage> report, CancellationToken stop)
    {
        LibTorch.Load();
        if (job.Device == "cpu") TorchSharp.torch.set_num_threads(1);
        if (job.Embeds) return job.Images!.Embed(job.Device, p => report(new((double)p.Done / p.Total, p.Done, 0)), stop);
        var variant = job.Images is null ? Catalogue.Variant(job.Method, job.Geometry) : null;
        using var work = WorkerTask.Create(job, variant?.TrainsAll ?? false);
        var experiment = ExperimentOf(job, work, variant?.Recipe ?? job.Images!.RecipeOf(job.Method, job.Geometry));
        Directory.CreateDirectory(job.Folder);
        var before = Path.Combine(job.Folder, RunFolder.Before);
        if (!File.Exists(before))
        {
            using var policy = work.Task.CreatePolicy();
            work.SaveGrid(policy, before);
        }
        var record = Train(experiment, job.Folder, new Immediate<RunProgress>(p => report(MessageOf(p))), stop);
        if (!record.IsComplete) return false;
        Finish(work, experiment, job.Folder);
        return true;
    }

    /// <summary>What a job trains.</summary>
    internal static Experiment ExperimentOf(WorkerJob job, WorkerTask work, Recipe recipe) => new()
    {
        Task = work.Task,
        Recipe = recipe,
        MicroBatch = work.Memory.MicroBatch,
        ForwardMemory = work.Memory.ForwardMemory,
        Seed = job.Seed,
        Iterations = job.Iterations,
        Seconds = job.Seconds,
        Clock = job.Clock,
        EvaluateEvery = job.EvaluateEvery,
        SaveEvery = 5,
    };

    private static RunRecord Train(Experiment experiment, string folder, Immediate<RunProgress> progress, CancellationToken stop)
    {
        for (var end = DateTime.UtcNow + Patience; ; Thread.Sleep(200))
        {
            try
            {
                return ExperimentRunner.Run(experiment, folder, progress, stop);
            }
            catch (IOException e) when ((e.HResult & 0xFFFF) is 11 or 32 or 35 && DateTime.UtcNow < end && !stop.IsCancellationRequested)
            {
                // The record is open in another process: EAGAIN on Linux (35 on macOS), a sharing violation on Windows.
            }
        }
    }

    private static void Finish(WorkerTask work, Experiment experiment, string folder)
    {
        using var policy = experiment.Task.CreatePolicy();
        using var training = new GrpoTraining(policy, experiment.Recipe, experiment.Seed);
        training.Load(Path.Combine(folder, ExperimentRunner.StateFile));
        using var averaged = training.AveragedWeights();
        policy.Save(Path.Combine(folder, RunFolder.Policy));
        work.SaveGrid(policy, Path.Combine(folder, RunFolder.After));
    }

    private static WorkerMessage MessageOf(RunProgress value) => new(value.Fraction, value.Latest.Iteration, value.Latest.Seconds, value.Latest switch
    {
        RunEvent.Iterated iterated => iterated.Metrics.RewardMean,
        RunEvent.Evaluated evaluated when evaluated.Scores.TryGetValue("reward", out var reward) => reward,
        _ => null,
    });
}
