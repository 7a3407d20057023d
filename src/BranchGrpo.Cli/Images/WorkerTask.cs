using BranchGrpo.Cli.Compare;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Tasks;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Cli.Images;

/// <summary>A task that is ready to be trained, with a way to draw its policies: the embedded one, or image models of the user's.</summary>
internal sealed class WorkerTask : IDisposable
{
    private const int ShownPrompts = 16, Columns = 4;
    private const ulong PictureSeed = 7;
    private readonly ImageTask? images;
    private readonly Action<FlowPolicy, string> draw;

    private WorkerTask(ExperimentTask task, TrainingMemory memory, Action<FlowPolicy, string> draw, ImageTask? images) =>
        (Task, Memory, this.draw, this.images) = (task, memory, draw, images);

    public ExperimentTask Task { get; }

    /// <summary>How its training uses memory; image models keep their presets.</summary>
    public TrainingMemory Memory { get; }

    /// <summary>Fails now where workers would fail later.</summary>
    public static void Check(ImageChoice? choice, string device, int? microBatch)
    {
        if (choice is null) EmbeddedTask.Check(device);
        else ImageAnnouncement.Print(choice, device, microBatch);
    }

    /// <param name="job">Names the image models, or none for the embedded task.</param>
    /// <param name="trainsAll">Nothing of the embedded task's policy stays frozen.</param>
    public static WorkerTask Create(WorkerJob job, bool trainsAll = false)
    {
        if (job.Images is null) return Embedded(job, trainsAll);
        var options = job.Images.Options(job.Device, job.MicroBatch);
        var task = ImageTask.Create(options);
        string[] shown = [.. options.EvaluationPrompts.Take(Math.Min(ShownPrompts, options.Preset.EvaluationPrompts))];
        return new(task.Task, new(options.Preset.MicroBatch, 0), (policy, path) => SaveGrid(task, policy, path, shown, PictureSeed), task);
    }

    private static WorkerTask Embedded(WorkerJob job, bool trainsAll)
    {
        var task = EmbeddedTask.Create(job.Device, trainsAll);
        using var policy = task.CreatePolicy();
        return new(task, TrainingMemory.Of(policy.ActivationBytes, job.Memory, job.MicroBatch), EmbeddedTask.SaveGrid, null);
    }

    /// <summary>One picture per prompt, always with the same noise.</summary>
    public void SaveGrid(FlowPolicy policy, string path) => draw(policy, path);

    public static void SaveGrid(ImageTask task, FlowPolicy policy, string path, IReadOnlyList<string> prompts, ulong seed) =>
        WholeFile.Write(path, temporary => File.WriteAllBytes(temporary, ContactSheet.Encode(task.Draw(policy, prompts, seed), Columns, prompts)));

    public void Dispose() => images?.Dispose();
}
