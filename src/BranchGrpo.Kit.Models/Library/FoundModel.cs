using System.Collections.Immutable;

namespace BranchGrpo.Kit.Models.Library;

/// <summary>A published model that was found in a folder, told by what its files contain and not by their names.</summary>
public sealed record FoundModel
{
    /// <summary>What it is.</summary>
    public required ModelKind Kind { get; init; }

    /// <summary>The folder of a pipeline or of a model with its configuration, the file of a reward that is one file.</summary>
    public required string Path { get; init; }

    /// <summary>Size or variant in a few words, from its configuration and weights.</summary>
    public required string Summary { get; init; }

    /// <summary>Its networks.</summary>
    public ImmutableArray<ModelPart> Parts { get; init; } = [];

    /// <summary>What it lacks or what is damaged, and what to do about it; empty for one that can be used.</summary>
    public ImmutableArray<string> Faults { get; init; } = [];

    /// <summary>True when nothing is missing.</summary>
    public bool IsComplete => Faults.IsEmpty;

    /// <summary>Bytes of all its weights as stored.</summary>
    public long Bytes => Parts.Sum(p => p.Bytes);

    /// <summary>The part of that name; null if there is none.</summary>
    public ModelPart? Part(string name) => Parts.FirstOrDefault(p => p.Name == name);
}
