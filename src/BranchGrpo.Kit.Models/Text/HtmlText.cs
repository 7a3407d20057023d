using System.Globalization;
using System.Text.RegularExpressions;
using Markdig.Helpers;

namespace BranchGrpo.Kit.Models.Text;

/// <summary>HTML character references, unescaped as browsers do (HTML 5).</summary>
internal static partial class HtmlText
{
    // Names that count without a semicolon too.
    private static readonly string[] Bare =
    [
        .. ("AElig AMP Aacute Acirc Agrave Aring Atilde Auml COPY Ccedil ETH Eacute Ecirc Egrave Euml GT Iacute Icirc Igrave Iuml LT Ntilde Oacute Ocirc "
            + "Ograve Oslash Otilde Ouml QUOT REG THORN Uacute Ucirc Ugrave Uuml Yacute aacute acirc acute aelig agrave amp aring atilde auml brvbar ccedil "
            + "cedil cent copy curren deg divide eacute ecirc egrave eth euml frac12 frac14 frac34 gt iacute icirc iexcl igrave iquest iuml laquo lt macr "
            + "micro middot nbsp not ntilde oacute ocirc ograve ordf ordm oslash otilde ouml para plusmn pound quot raquo reg sect shy sup1 sup2 sup3 szlig "
            + "thorn times uacute ucirc ugrave uml uuml yacute yen yuml").Split(' ').OrderByDescending(name => name.Length),
    ];

    /// <summary>Every reference unescaped: numbers, names, and old names that lack their semicolon, even as the beginning of another word.</summary>
    public static string Unescape(string text) => text.Contains('&') ? AnyReference.Replace(text, static match => Reference(match.Groups[1].Value)) : text;

    /// <summary>Only complete references unescaped, those that end with a semicolon; also names in capitals whose lower case is a name (É in
    /// capitals).</summary>
    public static string UnescapeComplete(string text) => text.Contains('&') ? CompleteReference.Replace(text, static match => Complete(match.Value)) : text;

    private static string Complete(string reference)
    {
        if (reference[1] == '#') return Unescape(reference) is var number && number.Contains(';') ? reference : number;
        var name = reference[1..^1];
        if (Named(name) is { } known) return known;
        var lower = name.ToLowerInvariant();
        return name == name.ToUpperInvariant() && Named(lower) is { } small && Unescape(reference) == reference ? Upper(small) : reference;
    }

    private static string Reference(string body)
    {
        if (body[0] == '#') return Number(body.TrimEnd(';'));
        if (body.EndsWith(';') && Named(body[..^1]) is { } known) return known;
        var bare = Bare.FirstOrDefault(name => body.StartsWith(name, StringComparison.Ordinal));
        return bare is null ? "&" + body : Named(bare) + body[bare.Length..];
    }

    private static string Number(string digits)
    {
        var hexadecimal = digits[1] is 'x' or 'X';
        var parsed = hexadecimal
            ? int.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            : int.TryParse(digits.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out code);
        if (!parsed || code is < 0 or > 0x10FFFF or (>= 0xD800 and <= 0xDFFF) or 0) return "\uFFFD";
        if (code is >= 0x80 and <= 0x9F) return Windows1252.Decode((byte)code).ToString();
        var nothing = code is (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or (>= 0xFDD0 and <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
        return nothing ? "" : char.ConvertFromUtf32(code);
    }

    private static string? Named(string name) => EntityHelper.DecodeEntity(name);

    private static string Upper(string text) => text switch
    {
        "ß" => "SS",
        "ﬀ" => "FF",
        "ﬁ" => "FI",
        "ﬂ" => "FL",
        "ﬃ" => "FFI",
        "ﬄ" => "FFL",
        "ŉ" => "ʼN",
        _ => text.ToUpperInvariant()
    };

    [GeneratedRegex("&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)", RegexOptions.CultureInvariant)]
    private static partial Regex AnyReference { get; }

    [GeneratedRegex("&#?[0-9A-Za-z]{1,24};", RegexOptions.CultureInvariant)]
    private static partial Regex CompleteReference { get; }
}
