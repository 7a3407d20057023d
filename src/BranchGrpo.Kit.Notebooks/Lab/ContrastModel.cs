namespace BranchGrpo.Kit.Notebooks;

/// <summary>What the shape of a plan lets the gradient of one denoising step know.</summary>
/// <param name="Step">From 0.</param>
/// <param name="Contrasts">Independent differences between nodes of the step, all prompts.</param>
/// <param name="Share">Share of the step's own noise in the variance of such a difference.</param>
public readonly record struct StepContrast(int Step, double Contrasts, double Share)
{
    /// <summary>Contrasts × share: the step's signal to noise up to a factor that belongs to the policy, not to the plan.</summary>
    public double Strength => Contrasts * Share;
}

/// <summary>Signal to noise foretold from the shape of a plan, for a reward that is linear in the noise of every step.</summary>
/// <remarks>With D numbers of noise per draw and a reward whose variance is a share h of this step's noise, m independent contrasts give the
/// gradient estimate Σ (V − baseline)·ξ a signal-to-noise ratio of m·h/(D + h): the moments of a sample covariance. The kit's own.</remarks>
public static class ContrastModel
{
    /// <summary>Contrasts and share of every trained step.</summary>
    /// <param name="recipe">Its first plan and its baseline; roots share their initial noise.</param>
    /// <param name="created">Variance of the reward that each step's noise creates where the step is stochastic, as <see cref="ValueVariance"/> finds
    /// it.</param>
    /// <returns>By step. Siblings with <see cref="BranchNoise.Correlated"/> noise count as independent.</returns>
    /// <exception cref="ArgumentException">The plan has more steps than variances.</exception>
    public static IReadOnlyList<StepContrast> Of(Recipe recipe, IReadOnlyList<double> created)
    {
        var plan = recipe.Plan.At(1, 1);
        var last = Enumerable.Range(0, plan.Scored == ScoredLatent.Final ? plan.Depth : plan.Depth - 1).Last(i => plan.Steps[i].IsStochastic);
        if (last >= created.Count)
            throw new ArgumentException($"{recipe.Name} is stochastic up to step {last}; variances of {created.Count} steps are known.", nameof(created));
        int[] known = [.. Enumerable.Range(0, last + 1)];
        return [.. known.Where(i => plan.Steps[i].IsStochastic && plan.NodesAt(i + 1) > 1)
            .Select(i => OfStep(recipe, plan, [.. known.Select(j => plan.Steps[j].IsStochastic ? created[j] : 0)], i))];
    }

    private static StepContrast OfStep(Recipe recipe, RolloutPlan plan, double[] variance, int step)
    {
        var nodes = Enumerable.Range(0, variance.Length).Select(i => (double)plan.NodesAt(i + 1)).ToArray();
        var split = Enumerable.Range(0, step + 1).LastOrDefault(i => plan.Steps[i].Branches > 1, -1);
        var isMirrored = plan.Noise is BranchNoise.Mirrored;
        // What later steps add to a node's value is averaged over the draws below it.
        var later = Enumerable.Range(step + 1, variance.Length - step - 1).Sum(j => variance[j] * nodes[step] / nodes[j]);
        if (isMirrored && split == step)                                       // the two of a pair differ in nothing else that came before
            return new(step, recipe.Prompts * nodes[step] / 2, variance[step] / (variance[step] + (later / 2)));
        var isWithinFamily = recipe.Advantage.Baseline == Baseline.Siblings && split >= 0;
        double branches = isWithinFamily ? plan.Steps[split].Branches : nodes[step];
        var earlier = Enumerable.Range(0, step).Where(j => !isWithinFamily || j >= split).Sum(j => variance[j] * Spread(j));
        return new(step, recipe.Prompts * nodes[step] * (1 - (1 / branches)), variance[step] / (variance[step] + earlier + later));

        // Squares about the baseline, in units of a draw's variance, per contrast: cousins share draws, mirrored draws add up to zero.
        double Spread(int j)
        {
            var draws = isWithinFamily ? branches : nodes[j];
            var isPaired = isMirrored && plan.Steps[j].Branches > 1;
            return branches / (branches - 1) * (isPaired ? 1 : 1 - (1 / draws));
        }
    }
}
