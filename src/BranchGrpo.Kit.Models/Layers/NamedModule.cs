using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Layers;

/// <summary>A part of a network whose weights carry the names of the published checkpoints, dots and numbers included.</summary>
public abstract class NamedModule : nn.Module
{
    /// <param name="name">Name of the class in error messages.</param>
    private protected NamedModule(string name) : base(name)
    {
    }

    /// <summary>Registers a part under a dotted path such as <c>ff.net.0.proj</c>; the parts between are made as they are needed.</summary>
    /// <returns>The part.</returns>
    private protected T Add<T>(string path, T module) where T : nn.Module
    {
        nn.Module parent = this;
        var parts = path.Split('.');
        foreach (var part in parts[..^1])
        {
            if (parent.named_children().FirstOrDefault(c => c.name == part).module is not { } child)
                parent.register_module(part, child = new Folder());
            parent = child;
        }
        parent.register_module(parts[^1], module);
        return module;
    }

    /// <summary>Registers a weight of its own under an undotted name. Its values are not set: a checkpoint fills them.</summary>
    private protected Parameter Add(string name, WeightFormat format, params long[] shape)
    {
        var parameter = format.Empty(shape);
        register_parameter(name, parameter);
        return parameter;
    }

    /// <summary>Fields are not registered once more under their own names.</summary>
    protected override void RegisterComponents() { }

    private sealed class Folder() : nn.Module(nameof(Folder));
}
