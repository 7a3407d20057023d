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

    private WorkerTask(ExperimentTask task, int microBatch, Action<FlowPolicy, string> draw, ImageTask? images) =>
        (Task, MicroBatch, this.draw, this.images) = (task, microBatch, draw, images);

    public ExperimentTask Task { get; }

    /// <summary>Latents per policy call.</summary>
    public int MicroBatch { get; }

    /// <summary>Fails now where workers would fail later.</summary>
    public static void Check(ImageChoice? choice, string device)
    {
        if (choice is null) EmbeddedTask.Check(device);
        else ImageAnnouncement.Print(choice, device);
    }

    /// <param name="choice">The image models; the embedded task if null.</param>
    /// <param name="device">cpu or cuda.</param>
    /// <param name="trainsAll">Nothing of the embedded task's policy stays frozen.</param>
    public static WorkerTask Create(ImageChoice? choice, string device, bool trainsAll = false)
    {
        if (choice is null) return new(EmbeddedTask.Create(device, trainsAll), 64, EmbeddedTask.SaveGrid, null);
        var options = choice.Options(device);
        var task = ImageTask.Create(options);
        string[] shown = [.. options.EvaluationPrompts.Take(Math.Min(ShownPrompts, options.Preset.EvaluationPrompts))];
        return new(task.Task, options.Preset.MicroBatch, (policy, path) => SaveGrid(task, policy, path, shown, PictureSeed), task);
    }

    /// <summary>One picture per prompt, always with the same noise.</summary>
    public void SaveGrid(FlowPolicy policy, string path) => draw(policy, path);

    public static void SaveGrid(ImageTask task, FlowPolicy policy, string path, IReadOnlyList<string> prompts, ulong seed) =>
        WholeFile.Write(path, temporary => File.WriteAllBytes(temporary, ContactSheet.Encode(task.Draw(policy, prompts, seed), Columns, prompts)));

    public void Dispose() => images?.Dispose();
}
