using System.Collections.Concurrent;
using System.Globalization;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>Documentation of the framework, from the SDK's reference pack where there is one. Read when first asked for.</summary>
internal sealed class FrameworkDocumentation : DocumentationProvider
{
    public static FrameworkDocumentation Provider { get; } = new();

    private readonly Lazy<ConcurrentDictionary<string, string>> members = new(Read);

    protected override string GetDocumentationForSymbol(
        string documentationMemberID, CultureInfo preferredCulture, CancellationToken cancellationToken = default) =>
        members.Value.GetValueOrDefault(documentationMemberID, "");

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => 0;

    private static ConcurrentDictionary<string, string> Read()
    {
        var found = new ConcurrentDictionary<string, string>();
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;             // …/shared/Microsoft.NETCore.App/10.0.x
        var packs = Path.GetFullPath(Path.Combine(framework, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        if (!Directory.Exists(packs)) return found;
        var newest = Directory.EnumerateDirectories(packs).OrderDescending().Take(1);
        var files = newest.SelectMany(d => Directory.EnumerateFiles(d, "*.xml", SearchOption.AllDirectories));
        Parallel.ForEach(files, file =>
        {
            foreach (var member in XDocument.Load(file).Descendants("member"))
                if (member.Attribute("name") is { } name) found.TryAdd(name.Value, member.ToString());
        });
        return found;
    }
}
