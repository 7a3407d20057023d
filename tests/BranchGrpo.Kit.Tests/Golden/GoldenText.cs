using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Option strings of the published trainers, read as Python reads them.</summary>
internal static class GoldenText
{
    // Python's integers have no limit; one this large is outside of every schedule and tree.
    private const int LargeInteger = 1_000_000_000;

    /// <summary>Python's int(): blanks around, a sign, single underscores between digits.</summary>
    public static int? Integer(string text)
    {
        text = text.Trim();
        var digits = text.TrimStart('+', '-');
        if (text.Length - digits.Length > 1 || digits.StartsWith('_') || digits.EndsWith('_') || digits.Contains("__", StringComparison.Ordinal)) return null;
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (!BigInteger.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return null;
        return (int)BigInteger.Clamp(value, -LargeInteger, LargeInteger);
    }

    /// <summary>Depths to prune; null where the stage is off or the text cannot be read.</summary>
    public static int[]? Depths(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        var items = text.Split(',').Where(t => t.Trim().Length > 0).Select(Integer).ToArray();
        return items.Length == 0 || items.Any(i => i is null) ? null : [.. items.Select(i => i!.Value).Distinct()];
    }

    /// <summary>Split points as published: clamped, sorted, repeated; null for an error. Also the steps as they were asked for.</summary>
    public static (int[]? Points, int[] Asked) SplitPoints(JsonElement item, int steps)
    {
        var text = item.Text("tree_split_points");
        var rounds = item.Int("tree_split_rounds", 0);
        if (string.IsNullOrEmpty(text))
        {
            int[] regular = rounds <= 0 ? [] : [.. Enumerable.Range(0, rounds).Select(i => i * (steps / rounds))];
            return ([.. regular.Select(p => Math.Min(p, steps - 1)).Order()], regular);
        }
        var items = text.Split(',').Select(Integer).ToArray();
        if (items.Any(i => i is null)) return (null, []);
        int[] asked = [.. items.Select(i => i!.Value)];
        return ([.. asked.Select(p => Math.Clamp(p, 0, steps - 1)).Order()], asked);
    }

    /// <summary>A step splits once however often it is listed. Points that the published parser moves into range are refused by the kit.</summary>
    public static void Points(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var steps = item.Int("total_steps");
        var (points, asked) = SplitPoints(item, steps);
        compare.Same("error", item.Has("error"), points is null);
        if (points is null) return;
        compare.Sequence("points", item.Ints("points"), points);
        PlanRule Rule(int[] at) => new() { Schedule = NoiseSchedule.Shifted(steps), Splits = new SplitRule.Fixed(2, at), Scored = ScoredLatent.Final };
        if (points.Distinct().Count() <= 12)
            compare.Sequence("split steps", item.Ints("points").Distinct(),
                Rule(points).At(1, 1).Steps.Index().Where(s => s.Item.Branches == 2).Select(s => s.Index));
        if (asked.Any(a => a < 0 || a >= steps))
            compare.Departs("split points outside the steps are moved to the nearest step", GoldenSteps.Refuses(() => Rule(asked).At(1, 1)));
    }
}
