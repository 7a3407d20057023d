using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Tasks;
using TorchSharp;

namespace BranchGrpo.Cli.Images;

/// <summary>A pipeline that draws and embeds, without rewards.</summary>
/// <param name="folder">The pipeline's.</param>
/// <param name="preset">Sizes.</param>
/// <param name="device">Where it computes.</param>
/// <param name="embeddings">Folder of embedded prompts.</param>
internal sealed class ImageDrawing(string folder, ImagePreset preset, torch.Device device, string embeddings)
{
    private readonly DiffusionPipeline pipeline = DiffusionPipeline.Open(folder);
    private readonly PolicyOptions options = preset.Policy with { Device = device };

    /// <summary>Where embedded prompts are.</summary>
    public string Embeddings { get; } = embeddings;

    /// <summary>The pipeline of a family in the user's folder, at a preset.</summary>
    public static ImageDrawing Of(ModelFolder folder, ImageFamily family, string preset, string device, string embeddings) =>
        new(folder.Require(RewardCatalogue.KindOf(family)).Path, ImagePreset.Find(preset, family), EmbeddedTask.Find(device), embeddings);

    /// <summary>Embeds what is not embedded yet.</summary>
    /// <returns>How many there were to do.</returns>
    /// <exception cref="OperationCanceledException">Stopped; what was embedded stays.</exception>
    public int Embed(IReadOnlyList<string> prompts, CancellationToken stop)
    {
        var lines = new ProgressLines("prompts embedded:");
        var missing = Embed(prompts, p => lines.Report(p.Done, p.Total), stop);
        stop.ThrowIfCancellationRequested();
        return missing;
    }

    /// <summary>The same with progress of the caller's; stopped, it returns.</summary>
    public int Embed(IReadOnlyList<string> prompts, Action<PromptProgress> progress, CancellationToken stop)
    {
        var cache = pipeline.Cache(Embeddings, options);
        string[] all = [.. prompts, .. pipeline.ImpliedPrompts];
        var missing = cache.Missing(all).Count;
        cache.Fill(all, () => pipeline.LoadEncoder(options), new Immediate<PromptProgress>(progress), stop);
        return missing;
    }

    /// <summary>One picture per prompt along the ODE.</summary>
    /// <param name="prompts">Embedded before.</param>
    /// <param name="trained">What a run saved; the base policy if null.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="stop">Looked at between pictures.</param>
    public IReadOnlyList<Picture> Draw(IReadOnlyList<string> prompts, string? trained, ulong seed, CancellationToken stop)
    {
        using var policy = pipeline.LoadPolicy(options, pipeline.Cache(Embeddings, options), trained);
        using var decoder = pipeline.LoadDecoder(options.Dtype, options.Device, preset.TiledDecoding);
        var (pictures, lines) = (new List<Picture>(), new ProgressLines("pictures:"));
        foreach (var some in prompts.Chunk(preset.MicroBatch))
        {
            stop.ThrowIfCancellationRequested();
            using var scope = torch.NewDisposeScope();
            var latents = ImageSampler.Sample(policy, some, ImageTask.EvaluationSchedule, seed, preset.MicroBatch, first: pictures.Count);
            pictures.AddRange(decoder.Pictures(policy.ToGrid(latents)));
            lines.Report(pictures.Count, prompts.Count);
        }
        return pictures;
    }
}
