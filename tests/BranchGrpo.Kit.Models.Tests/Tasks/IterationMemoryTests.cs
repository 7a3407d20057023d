using BranchGrpo.Kit.Models.Tasks;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using TorchSharp;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Tasks;

/// <summary>Bytes of an iteration of the embedded task's network, predicted and counted by the C library whenever the network or the reward was
/// called.</summary>
public sealed class IterationMemoryTests(ITestOutputHelper output)
{
    // What libtorch takes for itself when it computes for the first time is not the iteration's.
    static IterationMemoryTests()
    {
        LibTorch.Load();
        using var policy = new ShapesPolicy(ShapesSize.Cpu);
        using var training = new GrpoTraining(policy, Recipes.Find("BranchGRPO", Geometry.Quick) with { Prompts = 1 }, seed: 1);
        training.Iterate([ShapesPrompts.Training[0]], Reward);
    }

    [Theory]
    [InlineData("DanceGRPO", 32, 0)]
    [InlineData("DanceGRPO", 32, 35 << 20)]                                     // room for one of the first update's three levels
    [InlineData("BranchGRPO", 16, 0)]
    [InlineData("BranchGRPO", 32, 1L << 40)]
    [InlineData("BranchGRPO-Split", 8, 1L << 40)]
    public void Height_of_an_iteration_is_predicted(string method, int microBatch, long forwardMemory)
    {
        if (!OperatingSystem.IsLinux()) return;
        var recipe = Recipes.Find(method, Geometry.Quick) with { Prompts = 2 };
        string[] prompts = [.. ShapesPrompts.Training.Take(recipe.Prompts)];
        // What earlier tests left and a collector frees meanwhile lowers a count, what the runtime takes for itself raises one: the middle of three.
        var (height, predicted) = Enumerable.Range(0, 3).Select(_ => Measure(recipe, prompts, microBatch, forwardMemory)).OrderBy(m => m.Height).ElementAt(1);
        output.WriteLine($"{recipe.Name}: {height / 1e6:f1} MB, predicted {predicted / 1e6:f1} MB");
        // What is in use inside a call is predicted but not seen here: where all calls are kept, the backward pass of one micro-batch.
        Assert.InRange(predicted / height, 0.97, forwardMemory > 1L << 39 ? 1.25 : 1.18);
    }

    private static (double Height, double Predicted) Measure(Recipe recipe, string[] prompts, int microBatch, long forwardMemory)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        double before = AllocatedMemory.Bytes(), height = 0;
        void Look() => height = Math.Max(height, AllocatedMemory.Bytes() - before);
        using var policy = new Watched(new ShapesPolicy(ShapesSize.Cpu), Look);
        using (var training = new GrpoTraining(policy, recipe, seed: 1) { MicroBatch = microBatch, ForwardMemory = forwardMemory })
            training.Iterate(prompts, (latents, captions) =>
            {
                Look();
                return Reward(latents, captions);
            });
        return (height, IterationMemory.Of(policy, recipe, microBatch, forwardMemory).Peak);
    }

    private static double[] Reward(Tensor latents, IReadOnlyList<string> captions) => [.. captions.Select((_, i) => (double)(i * 7 % 11))];

    [Fact]
    public void Parts_are_those_that_the_recipe_asks_for()
    {
        using var policy = new ShapesPolicy(ShapesSize.Cpu);
        var plain = Recipes.Find("DanceGRPO", Geometry.Quick);
        double Peak(Recipe recipe) => IterationMemory.Of(policy, recipe, 64).Resident.Sum(p => p.Bytes);
        var (weights, trained) = (4.0 * policy.Network.parameters().Sum(p => p.numel()), 4.0 * policy.TrainedParameters().Sum(p => p.Parameter.numel()));
        Assert.Equal(weights + (2 * trained) + (4.0 * 16 * 192 * CostModel.Of(plain).PeakLatents), Peak(plain));
        Assert.Equal(Peak(plain) + trained, Peak(plain with { EmaDecay = 0.99 }));
        Assert.Equal(Peak(plain) + weights, Peak(plain with { Objective = plain.Objective with { KlCoefficient = 0.1 } }));
        Assert.Equal(Peak(plain) + (4.0 * 16 * 192 * 10 * 64), Peak(plain with { Objective = plain.Objective with { Ratio = RatioKind.Guarded } }), 1.0);
    }

    [Fact]
    public void A_policy_that_does_not_know_its_activations_is_refused()
    {
        using var policy = new Watched(new ShapesPolicy(ShapesSize.Cpu), () => { }) { Knows = false };
        var error = Assert.Throws<ArgumentException>(() => IterationMemory.Of(policy, Recipes.Find("DanceGRPO", Geometry.Quick), 64));
        Assert.Contains("activation bytes", error.Message);
    }

    /// <summary>Another policy that is looked at whenever it was called.</summary>
    private sealed class Watched(FlowPolicy own, Action look) : FlowPolicy
    {
        public bool Knows { get; init; } = true;

        public override nn.Module Network => own.Network;

        public override IReadOnlyList<long> LatentShape => own.LatentShape;

        public override long ActivationBytes => Knows ? own.ActivationBytes : 0;

        public override Conditioning Encode(IReadOnlyList<string> prompts) => own.Encode(prompts);

        public override Tensor Velocity(Tensor latents, double sigma, Conditioning conditioning)
        {
            var velocity = own.Velocity(latents, sigma, conditioning);
            if (velocity.requires_grad) look();
            return velocity;
        }

        public override IEnumerable<string> TrainedNames() => own.TrainedNames();

        public override FlowPolicy Clone() => own.Clone();

        public override void Dispose()
        {
            own.Dispose();
            GC.SuppressFinalize(this);
        }
    }
}
