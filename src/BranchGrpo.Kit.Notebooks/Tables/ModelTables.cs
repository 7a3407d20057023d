using System.Globalization;
using BranchGrpo.Kit.Models.Library;
using BranchGrpo.Kit.Models.Policies;
using BranchGrpo.Kit.Models.Tasks;
using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Tables about checkpoints, and what training them is predicted to need.</summary>
public static class ModelTables
{
    /// <summary>A row per network: what it is part of, parameters, stored type.</summary>
    public static DataFrame Parts(this ModelFolder folder)
    {
        var rows = folder.Models.SelectMany(m => m.Parts.Select(part => (Model: m.Kind.Title(), Part: part))).ToArray();
        return new(
            new StringDataFrameColumn("model", rows.Select(r => r.Model)), new StringDataFrameColumn("part", rows.Select(r => r.Part.Name)),
            new PrimitiveDataFrameColumn<long>("parameters", rows.Select(r => r.Part.Parameters)),
            new DoubleDataFrameColumn("MB", rows.Select(r => Math.Round(r.Part.Bytes / 1e6, 2))),
            new StringDataFrameColumn("stored as", rows.Select(r => r.Part.Dtype.ToString())));
    }

    /// <summary>A row per preset of the published models: what is trained at which size, predicted memory at the height of an iteration, and seconds.</summary>
    /// <param name="method">Such as <c>branchgrpo</c>.</param>
    public static DataFrame Needs(string method = "branchgrpo")
    {
        var rows = ImagePreset.All.Where(p => p.Card != Card.None).Select(p => (Preset: p, Prediction: Of(p, method))).ToArray();
        return new(
            new StringDataFrameColumn("model", rows.Select(r => r.Preset.Family == ImageFamily.Flux ? "FLUX.1-dev" : "SD3.5-M")),
            new StringDataFrameColumn("card", rows.Select(r => $"{r.Preset.Card.Name}, {r.Preset.Card.Bytes / 1e9:0} GB")),
            new StringDataFrameColumn("trained", rows.Select(r => $"{r.Preset.Policy.Tuning}, {r.Preset.Policy.Width} x {r.Preset.Policy.Height}")),
            new DoubleDataFrameColumn("memory, GB", rows.Select(r => Math.Round(r.Prediction.Peak / 1e9, 1))),
            new StringDataFrameColumn("fits", rows.Select(r => r.Prediction.Fits ? "yes" : "no")),
            new DoubleDataFrameColumn("s/iteration", rows.Select(r => Math.Round(r.Prediction.Seconds ?? 0, 0))));
    }

    /// <summary>A row per method of FLUX at a preset: predicted seconds of an iteration, the paper's, and both relative to DanceGRPO's.</summary>
    /// <param name="preset">Of FLUX.</param>
    /// <param name="methods">DanceGRPO first.</param>
    public static DataFrame BesidePaper(ImagePreset preset, params IReadOnlyList<string> methods)
    {
        var rows = methods.Select(m => (Name: m, Prediction: Of(preset, m))).ToArray();
        double? Ratio(double? value, double? first) => value / first is { } r ? Math.Round(r, 2) : null;
        return new(
            new StringDataFrameColumn("method", rows.Select(r => "flux-" + r.Name)),
            new DoubleDataFrameColumn("memory, GB", rows.Select(r => Math.Round(r.Prediction.Peak / 1e9, 1))),
            new DoubleDataFrameColumn("predicted s", rows.Select(r => Math.Round(r.Prediction.Seconds ?? 0, 0))),
            new DoubleDataFrameColumn("… ratio", rows.Select(r => Ratio(r.Prediction.Seconds, rows[0].Prediction.Seconds))),
            new DoubleDataFrameColumn("paper's s", rows.Select(r => r.Prediction.PaperSeconds)),
            new DoubleDataFrameColumn("… ratio ", rows.Select(r => Ratio(r.Prediction.PaperSeconds, rows[0].Prediction.PaperSeconds))));
    }

    private static ResourcePrediction Of(ImagePreset preset, string method) => MemoryModel.Of(preset,
        preset.Of(ImageRecipes.Find($"{preset.Family.ToString().ToLowerInvariant()}-{method}", preset.Policy.Tuning)));
}
