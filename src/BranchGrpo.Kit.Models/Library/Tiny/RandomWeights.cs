using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>Random values for networks that never were trained: each weight a function of (key, its name), so that no order matters.</summary>
internal static class RandomWeights
{
    /// <summary>Fills all weights: matrices N(0, 1/inputs), scales of norms 1 + N(0, 0.1²), biases N(0, 0.02²), temperatures ln 100.</summary>
    /// <param name="network">Filled in place.</param>
    /// <param name="key">What tells networks and seeds apart.</param>
    /// <returns>Its weights by name, borrowed from the network.</returns>
    public static IReadOnlyList<KeyValuePair<string, Tensor>> Fill(nn.Module network, string key)
    {
        using var quiet = no_grad();
        var weights = network.state_dict().Where(w => w.Value.is_floating_point()).ToArray();
        foreach (var (name, weight) in weights)
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator(SeedOf($"{key} {name}"));
            var shape = weight.shape;
            if (name.EndsWith("logit_scale", StringComparison.Ordinal)) weight.fill_(Math.Log(100));
            else if (shape.Length >= 2) weight.copy_(Drawn(1 / Math.Sqrt(shape[1..].Aggregate(1L, (a, b) => a * b))));
            else if (name.EndsWith("bias", StringComparison.Ordinal)) weight.copy_(Drawn(0.02));
            else weight.copy_(Drawn(0.1).add(Scalars.Of(1)));

            Tensor Drawn(double deviation) => randn(shape, generator: generator).mul(Scalars.Of(deviation));
        }
        return weights;
    }

    private static ulong SeedOf(string text) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text))) >> 1;
}
