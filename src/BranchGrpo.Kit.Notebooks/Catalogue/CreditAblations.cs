namespace BranchGrpo.Kit.Notebooks;

/// <summary>How rewards become advantages, and which edges are trained with which weight.</summary>
internal static class CreditAblations
{
    private const string Paper = "arXiv 2509.06040v5";

    public static IEnumerable<Ablation> Of(Geometry geometry)
    {
        var (branch, dance) = (Recipes.Find("BranchGRPO", geometry), Recipes.Find("DanceGRPO", geometry));
        Variant Change(string name, string summary, Func<Recipe, Recipe> make, string published = "") =>
            new(make(branch) with { Name = $"BranchGRPO {name}", Summary = summary + ".", Published = null }, published);
        Variant Fused(double beta, Reduction reduction, string published = "") => Change($"β = {beta}, {reduction.ToString().ToLowerInvariant()}",
            $"Path-probability weights, β = {beta}, log-probabilities as a {reduction.ToString().ToLowerInvariant()} over elements",
            r => r with { Fusion = new FusionRule.PathProbability(beta, reduction) }, published);
        Variant Judged(string name, Baseline baseline, AdvantageScale scale) => Change(name, $"Advantages: {name}", r =>
            r with { Advantage = new(baseline, scale) });
        Variant Pruned(string name, string summary, PruningRule rule) => Change(name, summary, r => r with { Pruning = [rule] });
        var window = (PruningRule.DepthWindow)Recipes.Find("BranchGRPO-DepPru", geometry).Pruning[0];
        Variant Fraction(double fraction) => new(dance with
        {
            Name = $"DanceGRPO fraction {fraction}",
            Summary = $"DanceGRPO that trains a random {fraction:0.0} of each chain's steps.",
            Published = null,
            Pruning = [new PruningRule.TimestepFraction(fraction)],
        });
        Variant Known(string name) => new(Recipes.Find(name, geometry));
        var split = Recipes.Find("BranchGRPO-Split", geometry);
        var other = Change("siblings per depth", "Advantages against siblings, every depth weighted by its noise level: the credit of BranchGRPO-Split",
            r => r with { Advantage = split.Advantage, Weighting = split.Weighting, SigmaPower = split.SigmaPower });
        PublishedClaim Other(string rival, Place place, string when) => new(
            $"The paper's tree with the credit of BranchGRPO-Split leads {rival} after the same {when}",
            "four other seeds, entries baselines and weights", other.Name, rival, place);
        return
        [
            new("fusion", "Do path-probability weights help?", $"{Paper}, Eq. 3, β in {{0, 1}}; the reduction is not given there",
                "β = 1 higher and steadier than β = 0",
                [new(branch, "β = 0: plateaus late"), Fused(0.25, Reduction.Mean), Fused(1, Reduction.Mean, "β = 1: best"), Fused(0.25, Reduction.Sum),
                    Fused(1, Reduction.Sum, "β = 1: best"),
                    Change("edge softmax", "The published code's softmax over single edges", r => r with { Fusion = new FusionRule.PublishedEdgeSoftmax() })])
            {
                Claims = [
                    new("β = 1 (mean over elements) beats β = 0", $"{Paper}, Fig. 6", "BranchGRPO β = 1, mean", "BranchGRPO", Place.EqualIterations),
                    new("β = 1 (sum over elements) beats β = 0", $"{Paper}, Fig. 6", "BranchGRPO β = 1, sum", "BranchGRPO", Place.EqualIterations)],
            },
            new("baselines", "What should a node be compared with?", $"{Paper}, Eq. 4, against GRPO's group; siblings: the kit's own",
                "depth-wise beats one advantage per leaf",
                [new(branch), Judged("group", Baseline.Group, AdvantageScale.Group), Judged("global", Baseline.Group, AdvantageScale.Global),
                    Judged("pooled", Baseline.Group, AdvantageScale.Pooled), Judged("siblings", Baseline.Siblings, AdvantageScale.Pooled)])
            {
                Claims = [new("Depth-wise normalisation beats the group's", $"{Paper}, Eq. 4 and B.3", "BranchGRPO", "BranchGRPO group",
                    Place.EqualIterations)],
            },
            new("pruning", "Which edges can be left out?", $"{Paper}, width and depth pruning, Table 1",
                "depth window best (.369), Parent-Top1 smoothest (.364), none .363",
                [new(branch), Known("BranchGRPO-WidPru"), Known("BranchGRPO-WidPru-Extreme"), Known("BranchGRPO-DepPru"),
                    Pruned("depth fixed", "Depth window that never moves", window with { SlideEvery = 0 }),
                    Pruned("depth earlier", "Depth window that moves to earlier steps (published code)",
                        window with { Direction = SlideDirection.Earlier, Stop = 1 })]),
            new("weights", "How much should each edge count?", "Eq. 5 weighs every edge alike; per depth, a node of a level of n counts 1/n: the kit's own", "",
                [new(branch), Change("per depth", "Every depth weighted equally", r => r with { Weighting = EdgeWeighting.PerDepth }),
                    Known("BranchGRPO-PerDepth"), Change("per depth, σ", "Every depth weighted by its noise level",
                        r => r with { Weighting = EdgeWeighting.PerDepth, SigmaPower = 1 })]),
            new("credit", "Does the credit of BranchGRPO-Split serve the paper's tree, on seeds that did not suggest it?", "the kit's own", "",
                [new(branch), other, new(dance)])
            {
                IsMain = true,
                ChoosingSeeds = 4,
                Claims = [Other("BranchGRPO", Place.EqualIterations, "iterations"), Other("DanceGRPO", Place.EqualIterations, "iterations"),
                    Other("DanceGRPO", Place.EqualSeconds, "seconds")],
            },
            new("fraction", "Which share of each chain's steps should be trained?", $"DanceGRPO, arXiv 2505.07818; {Paper}, Table 1", "1.0: .360, 0.6: .353",
                [new(dance, "HPSv2.1 .360"), Known("DanceGRPO-0.6") with { Published = "HPSv2.1 .353" }, Fraction(0.3)])
            {
                Claims = [new("Training all steps beats training 60 % of them after the same iterations", $"{Paper}, Table 1: .360 against .353", "DanceGRPO",
                    "DanceGRPO-0.6", Place.EqualIterations)],
            },
        ];
    }
}
