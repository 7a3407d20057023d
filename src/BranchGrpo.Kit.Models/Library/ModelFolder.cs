using System.Collections.Immutable;

namespace BranchGrpo.Kit.Models.Library;

/// <summary>A folder of published checkpoints: what is in it, found by contents, and what is missing.</summary>
/// <remarks>
/// Folders are searched four deep, which covers a folder per model as well as a Hugging Face cache (<c>models--…/snapshots/…</c>). Only
/// configurations and headers are read. One kind may be there several times; <see cref="Find"/> takes a complete one first.
/// </remarks>
public sealed class ModelFolder
{
    private const int Deepest = 4, MostFolders = 2000;

    private ModelFolder(string path, ImmutableArray<FoundModel> models) => (Path, Models) = (path, models);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What was found, pipelines first, then by path.</summary>
    public ImmutableArray<FoundModel> Models { get; }

    /// <summary>Looks through a folder.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It holds so many folders that it is hardly one of models.</exception>
    public static ModelFolder Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path)) throw new DirectoryNotFoundException($"no folder {path}; --models takes the folder that your checkpoints are in");
        var found = new List<FoundModel>();
        var seen = 0;
        Search(path, 0);
        return new(path, [.. found.OrderBy(m => m.Kind).ThenBy(m => !m.IsComplete).ThenBy(m => m.Path, StringComparer.Ordinal)]);

        void Search(string folder, int depth)
        {
            if (++seen > MostFolders)
                throw new InvalidDataException($"{path} holds more than {MostFolders} folders; name the one that your checkpoints are in");
            if (PipelineReader.Read(folder) is { } pipeline)
            {
                found.Add(pipeline);
                return;
            }
            found.AddRange(RewardReader.Read(folder));
            if (depth == Deepest) return;
            foreach (var inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
                if (!System.IO.Path.GetFileName(inner).StartsWith('.')) Search(inner, depth + 1);
        }
    }

    /// <summary>The model of a kind, complete if there is a complete one; null if there is none.</summary>
    public FoundModel? Find(ModelKind kind) => Models.FirstOrDefault(m => m.Kind == kind);

    /// <summary>The complete model of a kind.</summary>
    /// <exception cref="FileNotFoundException">It is not there, or something of it is missing; the message says what and where to get it.</exception>
    public FoundModel Require(ModelKind kind)
    {
        if (Find(kind) is not { } model)
            throw new FileNotFoundException($"there is no {kind.Title()} in {Path}; it comes from {kind.Origin()}. Found: {Listed()}");
        return model.IsComplete ? model : throw new FileNotFoundException($"{kind.Title()} in {model.Path} cannot be used: {string.Join("; ", model.Faults)}");
    }

    /// <summary>A folder with <c>vocab.json</c> and <c>merges.txt</c> of CLIP, which HPS does not bring along; null if there is none.</summary>
    public string? ClipVocabulary => Models
        .SelectMany(m => (string[])[System.IO.Path.Combine(m.Path, "tokenizer"), m.Path, System.IO.Path.GetDirectoryName(m.Path)!])
        .FirstOrDefault(HasClipVocabulary);

    internal static bool HasClipVocabulary(string folder) =>
        File.Exists(System.IO.Path.Combine(folder, "vocab.json")) && File.Exists(System.IO.Path.Combine(folder, "merges.txt"));

    private string Listed() => Models.Length == 0 ? "nothing" : string.Join(", ", Models.Select(m => m.Kind.Title()).Distinct());
}
