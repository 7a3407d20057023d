using System.Text.Json.Nodes;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>What the kernel says about itself.</summary>
internal static class KernelInfo
{
    /// <summary>The kit's version.</summary>
    public static string Version => typeof(FlowPolicy).Assembly.GetName().Version!.ToString(3);

    /// <summary>Content of a <c>kernel_info_reply</c>.</summary>
    public static JsonObject Content() => new()
    {
        ["status"] = "ok",
        ["protocol_version"] = KernelMessages.Protocol,
        ["implementation"] = "branchgrpo",
        ["implementation_version"] = Version,
        ["language_info"] = new JsonObject
        {
            ["name"] = "C#",
            ["version"] = "14.0",
            ["mimetype"] = "text/x-csharp",
            ["file_extension"] = ".cs",
            ["pygments_lexer"] = "csharp",
        },
        ["banner"] = $"BranchGrpo.Kit {Version}: C# on .NET {Environment.Version}",
        ["help_links"] = new JsonArray(),
        ["supported_features"] = new JsonArray(),
    };
}
