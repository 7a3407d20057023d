using System.Runtime.InteropServices;
using System.Security.Cryptography;
using BranchGrpo.Kit.Native;
using BranchGrpo.Kit.Shapes;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The embedded task as notebooks use it: the base policy, with which every run begins, is judged once.</summary>
internal static class LabTask
{
    public static ExperimentTask Create(Device device)
    {
        LibTorch.Load();
        var task = ShapesTask.Create(device: device, repeats: Lab.Preset.Trains ? 6 : 2);
        var known = new Lazy<(string Weights, EvaluationScores Scores)>(() =>
        {
            using var policy = task.CreatePolicy();
            return (Fingerprint(policy), task.Evaluate(policy));
        });
        return task with { Evaluate = policy => Fingerprint(policy) == known.Value.Weights ? known.Value.Scores : task.Evaluate(policy) };
    }

    private static string Fingerprint(FlowPolicy policy)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var (_, parameter) in policy.Network.named_parameters())
            hash.AppendData(MemoryMarshal.AsBytes<float>(parameter.detach().cpu().to(ScalarType.Float32).contiguous().data<float>().ToArray()));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
