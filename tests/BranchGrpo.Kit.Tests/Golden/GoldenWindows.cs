using System.Text.Json;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>MixGRPO's window over training iterations.</summary>
internal static class GoldenWindows
{
    public static void Rows(JsonElement root, JsonElement item, GoldenComparer compare)
    {
        var p = item.At("params");
        var (every, size, steps) = (p.Int("iters_per_group"), p.Int("group_size"), p.Int("max_timesteps"));
        var strategy = p.Text("sample_strategy") ?? "progressive";
        WindowPace pace = strategy switch
        {
            "progressive" => new WindowPace.Constant(every),
            "decay" => new WindowPace.Linear(p.Int("max_iters_per_group", every), p.Int("min_iters_per_group", Math.Max(1, every / 4))),
            "exp_decay" => new WindowPace.Exponential(every, p.Int("exp_decay_thre_timestep", 13), p.Number("exp_decay_k", 0.1)),
            "random" => new WindowPace.Random(1),
            _ => throw new NotSupportedException($"window strategy {strategy}"),
        };
        var window = new WindowSchedule(size, steps, pace)
        {
            First = p.Int("cur_timestep", 0), Stride = p.Flag("prog_overlap") ? p.Int("prog_overlap_step", 1) : size,
            End = p.Flag("roll_back") ? WindowEnd.BeginAnew : WindowEnd.Stay,
        };
        if (item.Has("effective_max_iters")) compare.Same("effective_max_iters", item.Int("effective_max_iters"), ((WindowPace.Linear)pace).Most);
        if (item.Has("effective_min_iters")) compare.Same("effective_min_iters", item.Int("effective_min_iters"), ((WindowPace.Linear)pace).Least);
        var (moved, inside) = (0, 0);
        foreach (var (i, row) in item.List("rows").Index())
        {
            int[] expected = [.. row.EnumerateArray().Select(e => e.GetInt32())];
            var (start, length) = window.WindowAt(i);
            if (strategy == "random" && i > 0)
            {
                // The published draws come from NumPy's generator, unseeded in the trainer; the kit's are a function of (seed, iteration), on the same range.
                compare.Same($"row {i} in range", true, expected[0] >= 0 && expected[0] <= steps - size && start >= 0 && start <= steps - size);
                compare.Same($"row {i} length", expected[2], length);
                moved += start == expected[0] ? 0 : 1;
                continue;
            }
            compare.Same($"row {i} start", expected[0], start);
            compare.Same($"row {i} length", expected[2], length);
            inside = i > 0 && window.WindowAt(i - 1).Start == start ? inside + 1 : 0;
            // At its last place the published count begins anew, though nothing moves.
            if (start < steps && window.First + window.Stride <= steps) compare.Same($"row {i} iteration in group", expected[1], inside);
        }
        if (strategy == "random" && item.List("rows").Length > 5) compare.Departs("an unseeded generator", moved > 0
            && window.WindowAt(3) == window.WindowAt(3));
    }
}
