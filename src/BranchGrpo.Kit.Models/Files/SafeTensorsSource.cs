using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Files;

/// <summary>The tensors of one safetensors file.</summary>
internal sealed class SafeTensorsSource(string path) : WeightSource
{
    private readonly SafeTensorFile file = SafeTensors.Read(path);

    public override string Name => path;

    public override IReadOnlyDictionary<string, WeightEntry> Entries =>
        field ??= file.Entries.ToDictionary(t => t.Key, t => new WeightEntry(t.Value.Dtype, t.Value.Shape));

    /// <summary>Texts of the header.</summary>
    public IReadOnlyDictionary<string, string> Metadata => file.Metadata;

    public override Tensor Read(string name) => file.Read(name);

    public override void CopyTo(string name, Tensor target) => file.CopyTo(name, target);

    public override void Dispose()
    {
        file.Dispose();
        base.Dispose();
    }
}
