using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Rewards;

/// <summary>A case's network: its files, and gradients of Σ(score · cotangent) with respect to weights and inputs.</summary>
internal static class NetworkCase
{
    /// <summary>Files of torch.save in a case's folder.</summary>
    public static IEnumerable<string> TorchFiles(FixtureCase test) => new[] { "*.pt", "*.pth", "*.bin" }.SelectMany(p => Directory.GetFiles(test.Folder, p));

    /// <summary>The case's weights: safetensors where it has them.</summary>
    public static string Weights(FixtureCase test) =>
        test.File("model.safetensors") is var usual && File.Exists(usual) ? usual : TorchFiles(test).First();

    /// <summary>Lets gradients flow to all weights.</summary>
    public static void Follow(nn.Module network)
    {
        foreach (var (_, parameter) in network.named_parameters()) parameter.requires_grad_(true);
    }

    /// <summary>Compares every <c>grad.*</c> of the case, and nothing else may have had a gradient where the case says that it has none.</summary>
    /// <param name="test">Names and references.</param>
    /// <param name="network">Its weights have the case's names.</param>
    /// <param name="score">With a graph.</param>
    /// <param name="inputs">By their names without <c>in.</c>.</param>
    public static void Compare(FixtureCase test, nn.Module network, Tensor score, params (string Name, Tensor Value)[] inputs)
    {
        using var scope = NewDisposeScope();
        Ops.Backward(score.mul(test.Tensor("in.cotangent")).sum());
        var tolerance = test.Case.GetProperty(test.Case.TryGetProperty("tolerance_grad", out _) ? "tolerance_grad" : "tolerance").GetDouble();
        var targets = network.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        test.NearGradients(network, tolerance);
        foreach (var (name, value) in inputs) test.Near($"grad.in.{name}", value.grad!, tolerance);
        var largest = targets.Values.Max(t => t.grad is { } g ? g.abs().max().item<float>() : 0);
        if (!test.Case.TryGetProperty("gradient_negligible", out var negligible)) return;
        foreach (var name in negligible.EnumerateArray().Select(n => n.GetString()!))
            if (targets.TryGetValue(name, out var target) && target.grad is { } g)
                Assert.True(g.abs().max().item<float>() <= 1e-4 * largest, $"{name} should have no gradient");
    }
}
