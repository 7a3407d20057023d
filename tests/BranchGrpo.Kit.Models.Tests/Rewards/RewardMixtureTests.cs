using BranchGrpo.Kit.Models.Rewards;
using CsCheck;

namespace BranchGrpo.Kit.Models.Tests.Rewards;

public sealed class RewardMixtureTests
{
    private static readonly string[] Prompts = ["a", "a", "a", "a", "b", "b", "b", "b"];
    private static readonly double[] First = [1, 2, 3, 6, 10, 10, 10, 10];
    private static readonly double[] Second = [0.4, 0.1, 0.2, 0.3, 0.2, 0.1, 0.3, 0.3];

    [Fact]
    public void Scores_are_summed_with_their_weights()
    {
        var mixed = RewardMixture.OfScores([2, -10], [First, Second]);
        Assert.Equal(2 * 1 - 10 * 0.4, mixed[0], 12);
        Assert.Equal(2 * 10 - 10 * 0.3, mixed[7], 12);
    }

    [Fact]
    public void Advantages_are_sums_of_standardised_scores_around_the_means()
    {
        var mixed = RewardMixture.OfAdvantages([1, 0.5], [First, Second], Prompts);
        var (z1, z2) = (new double[] { -2, -1, 0, 3 }, new[] { 0.15, -0.15, -0.05, 0.05 });            // around the means 3 and 0.25
        var (s1, s2) = (Math.Sqrt(14 / 3.0), Math.Sqrt(0.05 / 3));
        for (var i = 0; i < 4; i++) Assert.Equal(3 + 0.125 + z1[i] / s1 + 0.5 * z2[i] / s2, mixed[i], 6);
        // A reward that is the same for all pictures of a prompt moves none of them against the others.
        Assert.Equal(10 + 0.5 * 0.225 + 0.5 * (0.2 - 0.225) / Math.Sqrt(0.0275 / 3), mixed[4], 6);
    }

    [Fact]
    public void Units_of_a_reward_matter_to_scores_and_not_to_advantages()
    {
        double[] scaled = [.. Second.Select(x => 100 * x + 7)];
        double[] Advantages(double[] second) => Relative(RewardMixture.OfAdvantages([1, 1], [First, second], Prompts));
        var (before, after) = (Advantages(Second), Advantages(scaled));
        for (var i = 0; i < before.Length; i++) Assert.Equal(before[i], after[i], 5);
        Assert.NotEqual(Relative(RewardMixture.OfScores([1, 1], [First, Second]))[1], Relative(RewardMixture.OfScores([1, 1], [First, scaled]))[1], 1);
    }

    [Fact]
    public void The_mean_over_a_prompt_is_the_weighted_mean_of_the_rewards() =>
        Gen.Double[-5, 5].Array[8].Array[3].Sample(rewards =>
        {
            double[] weights = [1, -2, 0.5];
            var mixed = RewardMixture.OfAdvantages(weights, rewards, Prompts);
            foreach (var start in new[] { 0, 4 })
                Assert.Equal(weights.Select((w, k) => w * rewards[k][start..(start + 4)].Average()).Sum(), mixed[start..(start + 4)].Average(), 9);
        }, iter: 200);

    /// <summary>The rule's own scale does not come in between: this is the sum of each reward's group advantage.</summary>
    [Fact]
    public void On_a_star_without_scale_it_is_the_sum_of_the_rewards_own_advantages()
    {
        var star = new RolloutPlan(NoiseSchedule.Shifted(2), [new(true, 4), new(true)], new Dynamics.DanceSde(0.3));
        double[] Advantages(double[] rewards, AdvantageScale scale) =>
            CreditedTree.From(star, rewards, new AdvantageRule(Baseline.Group, scale) { Clip = double.PositiveInfinity }).Advantage[^4..];

        var (first, second) = (First[..4], Second[..4]);
        var mixed = Advantages(RewardMixture.OfAdvantages([1, 0.5], [first, second], Prompts[..4]), AdvantageScale.None);
        var (a, b) = (Advantages(first, AdvantageScale.Group), Advantages(second, AdvantageScale.Group));
        for (var i = 0; i < 4; i++) Assert.Equal(a[i] + 0.5 * b[i], mixed[i], 6);
    }

    [Fact]
    public void One_picture_of_a_prompt_keeps_the_weighted_sum() =>
        Assert.Equal([1 + 0.2, 2 + 0.05], RewardMixture.OfAdvantages([1, 0.5], [[1, 2], [0.4, 0.1]], ["a", "b"]));

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>(() => RewardMixture.OfScores([], []));
        Assert.Throws<ArgumentException>(() => RewardMixture.OfScores([1], [[1], [2]]));
        Assert.Throws<ArgumentException>(() => RewardMixture.OfAdvantages([1], [[1]], ["a", "b"]));
    }

    private static double[] Relative(double[] values) => [.. values.Select((v, i) => v - values[i / 4 * 4])];                // within a prompt
}
