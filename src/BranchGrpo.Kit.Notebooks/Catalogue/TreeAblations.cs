namespace BranchGrpo.Kit.Notebooks;

/// <summary>Where trees split, how siblings differ, and which steps are stochastic.</summary>
internal static class TreeAblations
{
    private const string Paper = "arXiv 2509.06040v5";

    public static IEnumerable<Ablation> Of(Geometry geometry)
    {
        var (branch, mix) = (Recipes.Find("BranchGRPO", geometry), Recipes.Find("BranchGRPO-Mix", geometry));
        var (steps, isPaper) = (branch.Plan.Schedule.Steps, geometry == Geometry.Paper);
        Variant Split(string words, int[] of20, int[] of10, string published = "") => Of(branch, $"BranchGRPO splits {string.Join(',', isPaper ? of20 : of10)}",
            $"{words}: {string.Join(',', of20)} of 20", plan => plan with { Splits = new SplitRule.Fixed(2, isPaper ? of20 : of10) }, published);
        Variant Noise(string name, string words, BranchNoise noise) => Of(branch, $"BranchGRPO {name}", words, plan => plan with { Noise = noise });
        Variant Strength(double s, string published) =>
            Noise($"s = {s:0}", $"siblings correlated by {1 / (1 + s * s):0.00}", new BranchNoise.Correlated(s)) with { Published = published };
        Variant Leaves(int k, int[] at, int prompts, string published)
        {
            var leaves = (int)Math.Pow(k, at.Length);
            var made = Of(branch, $"BranchGRPO {leaves} leaves", $"{k}-way splits at {at.Length} steps, {prompts} prompt(s)",
                plan => plan with { Splits = new SplitRule.Fixed(k, at) }, published);
            return made with { Recipe = made.Recipe with { Prompts = prompts } };
        }
        Variant Window(string name, StochasticRule rule, string published = "") => Of(mix, $"BranchGRPO-Mix {name}", $"Stochastic window: {name}",
            plan => plan with { Stochastic = rule }, published);
        StochasticRule Sliding(int length, int every) => new StochasticRule.Window(WindowSchedule.Sliding(length, steps, every));
        int[] four = isPaper ? [0, 3, 6, 9] : [0, 2, 4, 6];
        return
        [
            new("splits", "Should the tree split early or late, densely or sparsely?", $"{Paper}, split schedules; Fig. 6 and 7",
                "early splits (0,3,6,9) beat late ones (9,12,15,18); denser is faster early, same at the end",
                isPaper
                    ? [new(branch), Split("Mixed", [0, 4, 8, 12], []), Split("Sparse", [0, 5, 10, 15], []), Split("late", [9, 12, 15, 18], [])]
                    : [new(branch), Split("Dense", [0, 3, 6, 9], [0, 1, 3, 4]), Split("Sparse", [0, 5, 10, 15], [0, 2, 5, 7]),
                        Split("late", [9, 12, 15, 18], [4, 6, 7, 8])])
            {
                Claims = [.. isPaper ? Array.Empty<PublishedClaim>() : [
                    new("Early splits beat late ones", $"{Paper}, ablation of split schedules", "BranchGRPO splits 0,1,3,4", "BranchGRPO splits 4,6,7,8",
                        Place.EqualIterations),
                    new("Dense splits score higher than sparse ones after the same iterations", $"{Paper}: faster early, same at the end",
                        "BranchGRPO splits 0,1,3,4", "BranchGRPO splits 0,2,5,7", Place.EqualIterations)]],
            },
            new("correlation", "How alike should the noise of siblings be?", $"{Paper}, Eq. 2, s in {{1, 2, 4, 8}}",
                "s = 4 best; s = 1, 2 converge slowly, s = 8 is unstable early",
                [new(branch, "s = 4: best"), Strength(1, "slow"), Strength(2, "slow"), Strength(8, "unstable early"),
                    Noise("independent", "s without limit: siblings drawn independently", new BranchNoise.Independent())])
            {
                Claims = [
                    new("s = 4 beats s = 1", $"{Paper}, ablation of s", "BranchGRPO", "BranchGRPO s = 1", Place.EqualIterations),
                    new("s = 4 beats s = 8", $"{Paper}, ablation of s", "BranchGRPO", "BranchGRPO s = 8", Place.EqualIterations)],
            },
            new("noise", "Which law should the noise at splits follow?", $"{Paper}, Eq. 2, against the published code's scaled noise (script: factor 4)", "",
                [new(branch), Noise("independent", "siblings drawn independently", new BranchNoise.Independent()),
                    Noise("mirrored", "siblings in pairs of opposite sign", new BranchNoise.Mirrored()),
                    Noise("scaled 4", "split noise four times as large, scored as if it were not (published code)", new BranchNoise.Scaled(4))]),
            new("leaves", "How many leaves should a tree have, at about the same number of pictures?", $"{Paper}, Fig. 6 and 7 and Table 4 (with Mix)",
                "81 leaves .387, 256 leaves .404 against DanceGRPO .360, at comparable GPU-hours",
                [new(branch), Leaves(2, four[..3], 8, ""), Leaves(2, [.. four, four[^1] + 1], 2, ""), Leaves(3, four, 1, "HPSv2.1 .387 (with Mix)"),
                    Leaves(4, four, 1, "HPSv2.1 .404 (with Mix)")])
            {
                Claims = [
                    new("81 leaves of one prompt beat 16 leaves of four", $"{Paper}, Table 4", "BranchGRPO 81 leaves", "BranchGRPO", Place.EqualSeconds),
                    new("256 leaves beat 81", $"{Paper}, Table 4", "BranchGRPO 256 leaves", "BranchGRPO 81 leaves", Place.EqualSeconds)],
            },
            new("stochastic", "Which steps should be stochastic?", $"{Paper}, BranchGRPO-Mix; the splits alone: the kit's own",
                "Mix loses nothing: .363 and .363",
                [new(branch), new(mix), Of(branch, "BranchGRPO splits only", "BranchGRPO with ODE steps wherever it does not split",
                    plan => plan with { Stochastic = new StochasticRule.SplitsOnly() })]),
            new("mix-window", "How should the window of BranchGRPO-Mix move?", $"{Paper}, after MixGRPO; published code",
                "a window of 4 of 20 steps, moved every 30 iterations",
                [new(mix), Window($"window {steps / 10}", Sliding(steps / 10, 10)), Window($"window {2 * steps / 5}", Sliding(2 * steps / 5, 10)),
                    Window("slides every 2", Sliding(steps / 5, 2)),
                    Window("random", new StochasticRule.Window(new(steps / 5, steps, new WindowPace.Random(3)) { Last = steps - (steps / 5) - 1 })),
                    Window("standing (published code)", new StochasticRule.PublishedWindow(steps / 5, 30))]),
        ];
    }

    /// <summary>A recipe with another plan.</summary>
    internal static Variant Of(Recipe recipe, string name, string summary, Func<PlanRule, PlanRule> change, string published = "") =>
        new(recipe with { Name = name, Summary = summary + ".", Published = null, Plan = change(recipe.Plan) }, published);
}
