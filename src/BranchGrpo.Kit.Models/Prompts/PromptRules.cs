namespace BranchGrpo.Kit.Models.Prompts;

/// <summary>Which prompts are left out, and why. A rule gives the reason, or null to keep a prompt.</summary>
public static class PromptRules
{
    /// <summary>Longest prompt in characters. Text encoders read 77 or 512 tokens; what is longer than this is a damaged file.</summary>
    public const int Longest = 8192;

    /// <summary>Leaves out prompts with Chinese characters, as the preprocessing of DanceGRPO's prompts does.</summary>
    public static string? NoChinese(string prompt) => prompt.Any(c => c is >= '\u4e00' and <= '\u9fff') ? "has Chinese characters" : null;

    /// <summary>What no text encoder should get.</summary>
    internal static string? Damage(string prompt)
    {
        if (prompt.Length == 0) return "expected a prompt, found an empty line";
        if (prompt.Length > Longest) return $"expected at most {Longest} characters, found {prompt.Length}";
        var control = prompt.FirstOrDefault(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r'));
        if (prompt.Any(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r'))) return $"expected text, found the control character U+{(int)control:X4}";
        return prompt.Contains('\ufffd') ? "expected UTF-8, found bytes that are none" : null;
    }
}
