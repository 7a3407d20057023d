using BranchGrpo.Kit.Models.Files.Torch;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files;

/// <summary>The named tensors of a file of <c>torch.save</c>: of the dictionary that it holds, or of the one under the usual names in it. A file that
/// holds a single tensor has it under the empty name.</summary>
internal sealed class TorchSource : WeightSource
{
    private static readonly string[] UsualNames = ["state_dict", "model_state_dict", "model", "module", "weights", "params"];
    private readonly TorchFile file;
    private readonly Dictionary<string, TorchTensor> tensors;

    public TorchSource(string path)
    {
        file = new(path);
        tensors = Weights(file.Root);
        if (tensors.Count > 0) return;
        var found = file.Root is PickleDictionary { Items: var items } ? string.Join(", ", items.Take(8).Select(i => i.Key as string ?? Unpickler.Kind(i.Key)))
            : $"a {Unpickler.Kind(file.Root)}";
        file.Dispose();
        throw new InvalidDataException($"{path} holds no dictionary of weights: expected tensors by name, or a dictionary of them under one of the keys "
            + $"{string.Join(", ", UsualNames)}; found {found}.");
    }

    public override string Name => file.Path;

    public override IReadOnlyDictionary<string, WeightEntry> Entries =>
        field ??= tensors.ToDictionary(t => t.Key, t => new WeightEntry(t.Value.Storage.Dtype, t.Value.Sizes));

    public override Tensor Read(string name) => file.Read(tensors[name]);

    public override void Dispose()
    {
        file.Dispose();
        base.Dispose();
    }

    private static Dictionary<string, TorchTensor> Weights(object? root) => root switch
    {
        TorchTensor alone => new() { [""] = alone },
        PickleDictionary all => UsualNames.Select(name => Tensors(all[name])).Append(Tensors(all)).FirstOrDefault(found => found.Count > 0) ?? [],
        _ => [],
    };

    private static Dictionary<string, TorchTensor> Tensors(object? value) => value is not PickleDictionary dictionary ? []
        : dictionary.Items.Where(i => i is { Key: string, Value: TorchTensor }).ToDictionary(i => (string)i.Key!, i => (TorchTensor)i.Value!);
}
