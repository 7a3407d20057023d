using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting.Hosting;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>What cells are compiled against. Each file's metadata is read once per process: read anew, it would cost 75 MB a cell.</summary>
/// <remarks>A file of the same name as one of the running program (the kit itself, TorchSharp, …) means the program's, so that host and cells share
/// types and natives.</remarks>
internal sealed class ScriptReferences(string folder) : MetadataReferenceResolver
{
    private static readonly string frameworkFolder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
    private static readonly ConcurrentDictionary<string, PortableExecutableReference> known = new();

    private static readonly ImmutableDictionary<string, string> program = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .GroupBy(p => Path.GetFileNameWithoutExtension(p), StringComparer.OrdinalIgnoreCase)
        .ToImmutableDictionary(g => g.Key, g => g.First(), StringComparer.OrdinalIgnoreCase);

    /// <summary>The framework, and what formats values.</summary>
    public static ImmutableArray<MetadataReference> Framework { get; } =
    [
        .. program.Values.Where(p => Path.GetDirectoryName(p) == frameworkFolder).Select(Of),
        .. new[] { "Microsoft.DotNet.Interactive.Formatting", "Microsoft.AspNetCore.Html.Abstractions", "BranchGrpo.Kit.Notebooks" }
            .Select(name => Of(program[name])),
    ];

    /// <summary>Loads assemblies of cells; those that the program has are the program's.</summary>
    public static InteractiveAssemblyLoader Loader()
    {
        var loader = new InteractiveAssemblyLoader();
        foreach (var assembly in AssemblyLoadContext.Default.Assemblies.Where(a => !a.IsDynamic && a.Location.Length > 0)) loader.RegisterDependency(assembly);
        return loader;
    }

    /// <summary>Assemblies of the program that were referred to, to be registered with the loader.</summary>
    public HashSet<Assembly> OfProgram { get; } = [];

    public override bool ResolveMissingAssemblies => true;

    public override ImmutableArray<PortableExecutableReference> ResolveReference(string reference, string? baseFilePath, MetadataReferenceProperties properties)
    {
        if (reference.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase)) return [];
        var name = Path.GetFileNameWithoutExtension(reference);
        var isFile = reference.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        if (program.TryGetValue(isFile ? name : reference, out var own)) return [Program(own)];
        var path = Path.GetFullPath(reference, folder);
        return File.Exists(path) ? [Of(path)] : [];
    }

    public override PortableExecutableReference? ResolveMissingAssembly(MetadataReference definition, AssemblyIdentity referenceIdentity)
    {
        if (program.TryGetValue(referenceIdentity.Name, out var own)) return Program(own);
        var beside = definition is PortableExecutableReference { FilePath: { } file }
            ? Path.Combine(Path.GetDirectoryName(file)!, referenceIdentity.Name + ".dll") : null;
        return beside is not null && File.Exists(beside) ? Of(beside) : null;
    }

    /// <summary>The reference to a file, with its XML documentation where that stands beside it.</summary>
    public static PortableExecutableReference Of(string path) => known.GetOrAdd(Path.GetFullPath(path), file =>
    {
        var documentation = Path.ChangeExtension(file, ".xml");
        return MetadataReference.CreateFromFile(file, documentation: File.Exists(documentation)
            ? XmlDocumentationProvider.CreateFromFile(documentation) : FrameworkDocumentation.Provider);
    });

    public override bool Equals(object? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => folder.GetHashCode(StringComparison.Ordinal);

    private PortableExecutableReference Program(string path)
    {
        if (Path.GetDirectoryName(path) != frameworkFolder) OfProgram.Add(AssemblyLoadContext.Default.LoadFromAssemblyPath(path));
        return Of(path);
    }
}
