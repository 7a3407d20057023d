namespace BranchGrpo.Cli.Report;

/// <summary>One colour per method everywhere (Okabe and Ito, readable by the colour-blind); variants of a method share its colour, dashed.</summary>
internal static class Palette
{
    private static readonly Dictionary<string, (string Colour, bool Dashed)> Methods = new()
    {
        ["DanceGRPO"] = ("#777777", false),
        ["DanceGRPO-0.6"] = ("#AAAAAA", true),
        ["DanceGRPO-T4"] = ("#444444", true),
        ["MixGRPO"] = ("#E69F00", false),
        ["Flow-GRPO"] = ("#D6C800", false),
        ["BranchGRPO"] = ("#0072B2", false),
        ["BranchGRPO-PerDepth"] = ("#0072B2", true),
        ["BranchGRPO-WidPru"] = ("#56B4E9", false),
        ["BranchGRPO-WidPru-Extreme"] = ("#56B4E9", true),
        ["BranchGRPO-DepPru"] = ("#009E73", false),
        ["BranchGRPO-Mix"] = ("#D55E00", false),
        ["BranchGRPO-Split"] = ("#AA4499", false),
    };

    /// <summary>Colours of the phases sample, reward, credit, update, and of rollout and training.</summary>
    public static readonly IReadOnlyList<string> Phases = ["#0072B2", "#E69F00", "#009E73", "#D55E00"];

    public static (string Colour, bool Dashed) Of(string method) => Methods.GetValueOrDefault(method, ("#000000", true));
}
