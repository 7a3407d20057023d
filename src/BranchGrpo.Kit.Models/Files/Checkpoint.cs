using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files;

/// <summary>Opens checkpoints of every published form and fills networks from them.</summary>
public static class Checkpoint
{
    /// <summary>Opens a safetensors file, a folder with one (or with shards and their index), or a restricted <c>.pt</c> file.</summary>
    public static WeightSource Open(string path) => new SafeTensorsSource(Directory.Exists(path) ? Path.Combine(path, "model.safetensors") : path);

    /// <summary>Copies every weight of a network from a checkpoint, converted to the network's type and place: all of them, and no others.</summary>
    /// <param name="network">Filled in place. Nothing is changed when names or shapes do not fit.</param>
    /// <param name="weights">Borrowed.</param>
    /// <param name="rename">From a name in the file to the network's; null to ignore a stored tensor. Names are the same by default.</param>
    /// <exception cref="InvalidDataException">Missing, left over or wrongly shaped; every one is named.</exception>
    public static void LoadInto(nn.Module network, WeightSource weights, Func<string, string?>? rename = null)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var state = network.state_dict();
        var stored = weights.Entries.Keys.Select(name => (Name: name, Target: rename is null ? name : rename(name)))
            .Where(p => p.Target is not null).ToDictionary(p => p.Target!, p => p.Name);
        string[] wrong =
        [
            .. state.Keys.Except(stored.Keys).Select(name => $"{name}: missing, expected [{string.Join(", ", state[name].shape)}]"),
            .. stored.Keys.Except(state.Keys).Select(name => $"{stored[name]}: not part of this network"),
            .. stored.Where(p => state.TryGetValue(p.Key, out var own) && !own.shape.SequenceEqual(weights.Entries[p.Value].Shape))
                .Select(p => $"{p.Value}: expected [{string.Join(", ", state[p.Key].shape)}], found [{string.Join(", ", weights.Entries[p.Value].Shape)}]"),
        ];
        if (wrong.Length > 0) throw new InvalidDataException($"{weights.Name} does not fit {network.GetName()}:\n  {string.Join("\n  ", wrong)}");
        foreach (var (target, name) in stored)
        {
            using var tensor = weights.Read(name);
            state[target].copy_(tensor);
        }
    }

    private sealed class SafeTensorsSource(string path) : WeightSource
    {
        private readonly SafeTensorFile file = SafeTensors.Read(path);

        public override string Name => path;

        public override IReadOnlyDictionary<string, WeightEntry> Entries => file.Tensors.ToDictionary(t => t.Key, t => new WeightEntry(t.Value.dtype, t.Value.shape));

        public override Tensor Read(string name) => file.Tensors[name].alias();

        public override void Dispose()
        {
            file.Dispose();
            base.Dispose();
        }
    }
}
