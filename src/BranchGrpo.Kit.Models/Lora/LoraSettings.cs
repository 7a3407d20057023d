using System.Text.Json;
using System.Text.RegularExpressions;

namespace BranchGrpo.Kit.Models.Lora;

/// <summary>Rank and α as peft's configuration gives them: one of each, and others for layers whose names end in a pattern.</summary>
internal sealed record LoraSettings(
    long Rank, double Alpha, IReadOnlyDictionary<string, double> Ranks, IReadOnlyDictionary<string, double> Alphas, IReadOnlyList<string> Layers)
{
    /// <summary>The scale is α/√r.</summary>
    public bool RankStabilised { get; init; }

    /// <param name="text">JSON.</param>
    /// <param name="path">For messages.</param>
    /// <param name="prefix">Before every key.</param>
    public static LoraSettings Parse(string text, string path, string prefix)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            foreach (var kind in new[] { "use_dora", "use_qalora", "lora_bias", "fan_in_fan_out" })
                if (Get(kind) is { ValueKind: JsonValueKind.True }) throw new NotSupportedException($"{path}: {kind} is not supported; expected plain LoRA");
            if (Get("bias") is { ValueKind: JsonValueKind.String } bias && bias.GetString() != "none")
                throw new NotSupportedException($"{path}: bias \"{bias.GetString()}\" is not supported; expected \"none\"");
            return new(Needed("r").GetInt64(), Needed("lora_alpha").GetDouble(), Pattern("rank_pattern"), Pattern("alpha_pattern"), [])
            {
                RankStabilised = Get("use_rslora") is { ValueKind: JsonValueKind.True },
            };

            JsonElement? Get(string name) => root.TryGetProperty(prefix + name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

            JsonElement Needed(string name) => Get(name) ?? throw new InvalidDataException($"{path}: {prefix}{name} is missing");

            Dictionary<string, double> Pattern(string name) => Get(name)?.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetDouble()) ?? [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: expected the settings of a LoRA adapter as JSON: {e.Message}", e);
        }
    }

    /// <summary>Settings that give each layer its rank and scale: the most frequent as such, the others by the layer's name.</summary>
    public static LoraSettings Of(IEnumerable<(string Layer, long Rank, double Scale)> layers)
    {
        var all = layers.Select(l => (l.Layer, l.Rank, Alpha: Math.Round(l.Scale * l.Rank, 9))).ToArray();
        var (rank, alpha) = (Most(all.Select(l => l.Rank)), Most(all.Select(l => l.Alpha)));
        return new(
            rank, alpha, all.Where(l => l.Rank != rank).ToDictionary(l => Regex.Escape(l.Layer), l => (double)l.Rank),
            all.Where(l => l.Alpha != alpha).ToDictionary(l => Regex.Escape(l.Layer), l => l.Alpha), [.. all.Select(l => l.Layer)]);

        static T Most<T>(IEnumerable<T> values) where T : notnull => values.CountBy(v => v).MaxBy(v => v.Value).Key;
    }

    /// <summary>α/r, or α/√r in the rank-stabilised form.</summary>
    /// <param name="layer">Name.</param>
    /// <param name="stored">Rank of the stored matrices.</param>
    public double Scale(string layer, long stored)
    {
        var alpha = Alphas.FirstOrDefault(a => Regex.IsMatch(layer, $@"^(.*\.)?({a.Key})$"), KeyValuePair.Create("", Alpha)).Value;
        return alpha / (RankStabilised ? Math.Sqrt(stored) : stored);
    }

    /// <summary>A configuration that peft reads.</summary>
    /// <param name="prefix">Before every key.</param>
    public string Json(string prefix)
    {
        var entries = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["alpha_pattern"] = Alphas.ToDictionary(a => a.Key, a => Number(a.Value)), ["base_model_name_or_path"] = null, ["bias"] = "none",
            ["fan_in_fan_out"] = false, ["inference_mode"] = true, ["init_lora_weights"] = true, ["lora_alpha"] = Number(Alpha), ["lora_dropout"] = 0.0,
            ["modules_to_save"] = null, ["peft_type"] = "LORA", ["r"] = Rank, ["rank_pattern"] = Ranks.ToDictionary(r => r.Key, r => Number(r.Value)),
            ["target_modules"] = Layers, ["task_type"] = null, ["use_dora"] = false, ["use_rslora"] = false,
        };
        return JsonSerializer.Serialize(entries.ToDictionary(e => prefix + e.Key, e => e.Value), Indented);
    }

    private static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true };

    private static object Number(double value) => value == Math.Floor(value) ? (long)value : value;
}
