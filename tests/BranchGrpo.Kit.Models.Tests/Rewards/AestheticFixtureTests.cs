using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Rewards;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Rewards;

/// <summary>LAION's aesthetic head.</summary>
public sealed class AestheticFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Heads() => Fixtures.Cases("aesthetic");

    [Theory]
    [MemberData(nameof(Heads))]
    public void Head(string name)
    {
        using var test = new FixtureCase(name, output);
        foreach (var file in NetworkCase.TorchFiles(test).Append(NetworkCase.Weights(test)))
        {
            using var weights = Checkpoint.Open(file);
            using var head = new LinearHead(LinearHead.Widths(weights), WeightFormat.Cpu);
            Checkpoint.LoadInto(head, weights);
            NetworkCase.Follow(head);
            using var scope = NewDisposeScope();
            using var embedding = test.Tensor("in.embedding").clone().requires_grad_(true);
            var tolerance = test.Case.GetProperty("tolerance").GetDouble();
            test.Near("out.normalised", Embeddings.Normalise(embedding), tolerance);
            var score = AestheticHead.Score(head, embedding);
            test.Near("out.score", score, tolerance);
            NetworkCase.Compare(test, head, score, ("embedding", embedding));
            test.AllCompared();
            test.Done();
        }
    }
}
