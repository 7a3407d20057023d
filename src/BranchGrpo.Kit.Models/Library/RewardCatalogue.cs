using System.Collections.Immutable;
using System.Globalization;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Rewards;
using BranchGrpo.Kit.Models.Tasks;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Library;

/// <summary>The rewards of a folder by short names.</summary>
public static class RewardCatalogue
{
    private static readonly (string Name, ModelKind[] Kinds)[] Known =
    [
        ("hps", [ModelKind.Hps]), ("pickscore", [ModelKind.PickScore]), ("imagereward", [ModelKind.ImageReward]),
        ("clipscore", [ModelKind.OpenClip, ModelKind.ClipL]), ("aesthetic", [ModelKind.Aesthetic]),
    ];

    /// <summary>Every name there is.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Known.Select(k => k.Name)];

    /// <summary>The names that a folder has complete models for.</summary>
    public static IReadOnlyList<string> In(ModelFolder folder) => [.. Known.Where(k => Model(folder, k.Name) is { IsComplete: true }).Select(k => k.Name)];

    /// <summary>The kind of a family's pipeline.</summary>
    public static ModelKind KindOf(ImageFamily family) => family == ImageFamily.Flux ? ModelKind.Flux : ModelKind.StableDiffusion3;

    /// <summary>The names in a list such as <c>hps,clipscore:0.5</c>.</summary>
    /// <exception cref="ArgumentException">An unknown name, one that comes twice, or a weight that is no number.</exception>
    public static IReadOnlyList<string> NamesIn(string list) => [.. Read(list).Select(r => r.Name)];

    /// <summary>The rewards of a list, ready to be loaded.</summary>
    /// <param name="folder">Holds their models.</param>
    /// <param name="list">Names, each with a weight after a colon where it is not 1; empty for none.</param>
    /// <exception cref="FileNotFoundException">A model is missing; the message says where it comes from.</exception>
    public static IReadOnlyList<RewardSource> Parse(ModelFolder folder, string list) => [.. Read(list).Select(r => Source(folder, r.Name, r.Weight))];

    private static IEnumerable<(string Name, double Weight)> Read(string list)
    {
        var seen = new HashSet<string>();
        foreach (var item in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = item.Split(':');
            var name = parts[0].ToLowerInvariant();
            if (!Names.Contains(name)) throw new ArgumentException($"there is no reward \"{parts[0]}\"; there are {string.Join(", ", Names)}", nameof(list));
            if (!seen.Add(name)) throw new ArgumentException($"{name} comes twice; give it once with the sum of the weights", nameof(list));
            var weight = 1.0;
            if (parts.Length > 2 || (parts.Length == 2 && !(double.TryParse(parts[1], CultureInfo.InvariantCulture, out weight) && double.IsFinite(weight))))
                throw new ArgumentException($"expected {name}:weight with a number as weight, found \"{item}\"", nameof(list));
            yield return (name, weight);
        }
    }

    private static FoundModel? Model(ModelFolder folder, string name) => Known.Single(k => k.Name == name).Kinds
        .Select(folder.Find).OfType<FoundModel>().OrderBy(m => !m.IsComplete).FirstOrDefault();

    private static RewardSource Source(ModelFolder folder, string name, double weight)
    {
        var model = folder.Require(Model(folder, name)?.Kind ?? Known.Single(k => k.Name == name).Kinds[0]);
        var clip = name == "aesthetic" ? folder.Require(ModelKind.ClipL) : null;
        return new(name, device => Load(folder, model, clip, device), weight)
        {
            Identity = PromptCache.Fingerprint("", clip is null ? [model.Path] : [model.Path, clip.Path]).Trim(),
            Bytes = model.Parts.Concat(clip?.Parts ?? []).Sum(p => p.BytesAs(ScalarType.Float32)),
        };
    }

    // float32 on every device, so that scores do not depend on where they were computed.
    private static ImageReward Load(ModelFolder folder, FoundModel model, FoundModel? clip, Device device)
    {
        var format = new WeightFormat(ScalarType.Float32, device);
        var words = ModelFolder.HasClipVocabulary(model.Path) ? null : folder.ClipVocabulary;      // HPS brings none along
        return model.Kind switch
        {
            ModelKind.Hps => ImageRewards.Hps(model.Path, format, words),
            ModelKind.PickScore => ImageRewards.PickScore(model.Path, format, words),
            ModelKind.ImageReward => ImageRewards.ImageReward(model.Path, format),
            ModelKind.Aesthetic => ImageRewards.Aesthetic(model.Path, clip!.Path, format),
            _ => ImageRewards.ClipScore(model.Path, format, words),
        };
    }
}
