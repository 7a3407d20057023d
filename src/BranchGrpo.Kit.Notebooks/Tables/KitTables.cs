using System.Globalization;
using Microsoft.Data.Analysis;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>Values of the kit as tables.</summary>
internal static class KitTables
{
    private const int MostRows = 40;

    public static HtmlTable Of(DataFrame frame) => Of(frame, MostRows);

    public static HtmlTable Of(DataFrame frame, int most)
    {
        var shown = Enumerable.Range(0, (int)Math.Min(frame.Rows.Count, most));
        return new([.. frame.Columns.Select(c => c.Name)],
            [.. shown.Select(row => (IReadOnlyList<string>)[.. frame.Columns.Select(c => HtmlTable.Number(c[row]))])])
        {
            Caption = frame.Rows.Count > most ? $"first {most} of {frame.Rows.Count} rows" : "",
        };
    }

    public static HtmlTable Of(Cost cost) => Pairs("one iteration",
        ("network evaluations of the rollout", $"{cost.RolloutEvaluations}"), ("… per leaf", Text(cost.RolloutPerLeaf)),
        ("network evaluations of training", $"{cost.TrainedEvaluations}"), ("… per leaf", Text(cost.TrainedPerLeaf)),
        ("edges trained, of all", $"{cost.Edges} of {cost.TreeEdges}"), ("leaves", $"{cost.Leaves}"), ("optimiser steps", $"{cost.Updates}"),
        ("latents alive at the end of the rollout", $"{cost.PeakLatents}"), ("forward units (rollout + 3 × trained)", Text(cost.ForwardUnits)));

    public static HtmlTable Of(RolloutPlan plan) => Pairs(plan.ToString(),
        ("steps", $"{plan.Depth}"), ("leaves per prompt", $"{plan.LeavesPerPrompt}"),
        ("nodes by depth", string.Join(" ", Enumerable.Range(0, plan.Depth + 1).Select(plan.NodesAt))),
        ("noise levels σ", string.Join(" ", Enumerable.Range(0, plan.Depth + 1).Select(i => Text(plan.Schedule[i])))),
        ("steps by kind (S = SDE, o = ODE)", string.Concat(plan.Steps.Select(s => s.IsStochastic ? "S" : "o"))),
        ("stochastic steps", $"{plan.Dynamics}"), ("noise at splits", $"{plan.Noise}"),
        ("roots per prompt", $"{plan.Roots.PerPrompt}, noise {plan.Roots.Noise}"),
        ("reward sees", $"{plan.Scored}"));

    public static HtmlTable Of(Recipe recipe) => Pairs(recipe.Name + ": " + recipe.Summary,
        ("plan, iteration 1", recipe.Plan.At(1, 1).ToString()), ("prompts", $"{recipe.Prompts}"), ("fusion", $"{recipe.Fusion}"),
        ("advantage", $"{recipe.Advantage}"), ("pruning", recipe.Pruning.IsEmpty ? "none" : string.Join(", ", recipe.Pruning)),
        ("edge weights", $"{recipe.Weighting}"), ("updates", $"{recipe.UpdateSplit}"), ("objective", $"{recipe.Objective}"),
        ("learning rate", Text(recipe.LearningRate)));

    public static HtmlTable Of(RunRecord record) => new(["iteration", "seconds", .. Names(record)],
        [.. Some(record.Evaluations).Select(e => (IReadOnlyList<string>)[$"{e.Iteration}", e.Seconds.ToString("0.0", CultureInfo.InvariantCulture),
            .. Names(record).Select(name =>
                e.Scores.TryGetValue(name, out var score) ? score.ToString("0.000", CultureInfo.InvariantCulture) : "")])])
    {
        Caption = $"{record.Start?.Recipe ?? "run"}, seed {record.Start?.Seed}: {record.LastIteration} iterations in "
            + $"{Text(record.LastSeconds)} training seconds"
            + (record.IsComplete ? "" : ", not complete"),
    };

    private static string[] Names(RunRecord record) =>
        [.. record.Evaluations.SelectMany(e => e.Scores.Keys).Distinct()
            .Where(name => !name.StartsWith("validation-", StringComparison.Ordinal)).Take(5)];

    // First, last and some between.
    private static IEnumerable<RunEvent.Evaluated> Some(IReadOnlyList<RunEvent.Evaluated> all) =>
        Enumerable.Range(0, Math.Min(all.Count, 7)).Select(i => all.Count <= 7 ? all[i] : all[i * (all.Count - 1) / 6]);

    private static HtmlTable Pairs(string caption, params (string Name, string Value)[] rows) =>
        new(["", ""], [.. rows.Select(r => (IReadOnlyList<string>)[r.Name, r.Value])]) { Caption = caption };

    private static string Text(double value) => HtmlTable.Number(value);
}
