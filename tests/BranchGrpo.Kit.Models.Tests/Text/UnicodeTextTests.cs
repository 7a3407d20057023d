using System.Text;
using BranchGrpo.Kit.Models.Text;
using CsCheck;

namespace BranchGrpo.Kit.Models.Tests.Text;

public class UnicodeTextTests
{
    private static readonly Gen<string> genText = Gen.OneOf(
        Gen.Char[' ', '~'].Select(c => c.ToString()),
        Gen.Char['\u00A0', '\u04FF'].Select(c => c.ToString()),
        Gen.OneOf(new[] { "e\u0301", "\u0301", "Σ", "ſ", "'s", "\n", "\r\n", "  ", "中", "😀", "𝔄", "&amp;", "&#39;", "ﬁ", "’", "\u0085", "\u001B[0m" }
            .Select(Gen.Const).ToArray())).Array[0, 12].Select(string.Concat);

    /// <summary>Why the library's own normalisation is not used: the solution runs without a globalisation library, where it does nothing and says
    /// nothing.</summary>
    [Fact]
    public void Normalisation_works_where_the_frameworks_does_not()
    {
        Assert.Equal("cafe\u0301", "cafe\u0301".Normalize(NormalizationForm.FormC));
        Assert.Equal("café", UnicodeText.Nfc("cafe\u0301"));
        Assert.Equal("한", UnicodeText.Nfc("\u1112\u1161\u11AB"));
        Assert.Equal("e\u0301", UnicodeText.Nfd("é"));
        Assert.Equal("Å", UnicodeText.Nfc("\u212B"));
        Assert.Equal("\uFFFDa\u0323\u0301", UnicodeText.Nfd("\uD800a\u0301\u0323"));
    }

    [Theory]
    [InlineData("ΟΔΥΣΣΕΥΣ", "οδυσσευς")]
    [InlineData("ΣΑΣ'Σ Σ", "σασ'ς σ")]
    [InlineData("\u0130\u212AẞÉ", "i\u0307kßé")]
    [InlineData("𐐀", "𐐨")]
    public void Lower_case_is_full(string text, string expected) => Assert.Equal(expected, UnicodeText.Lower(text));

    [Fact]
    public void Lower_case_of_each_code_point_knows_no_final_sigma() => Assert.Equal("σασi\u0307", UnicodeText.LowerEach("ΣΑΣ\u0130"));

    [Theory]
    [InlineData("&copy 2020 &notanentity; &amp;amp;", "© 2020 ¬anentity; &amp;")]
    [InlineData("&#x27;&#39 &#133;&#0;&#xD800;&#1;", "''\u0020…\uFFFD\uFFFD")]
    [InlineData("&NotEqualTilde;&bogus;&", "≂\u0338&bogus;&")]
    public void Html_references_are_read_as_browsers_do(string text, string expected) => Assert.Equal(expected, HtmlText.Unescape(text));

    [Theory]
    [InlineData("&copy 2020 &EACUTE;&szlig;&SZLIG;", "&copy 2020 ÉßSS")]
    [InlineData("a <b> &amp; c\nd &amp; e", "a <b> &amp; c\nd &amp; e")]
    [InlineData("d &amp; e\na <b> &amp;", "d & e\na <b> &amp;")]
    [InlineData("“ﬁ”\u3000Ａ１ｶ\u0085\u009B\uFEFF\u0000\u001B[31mx", "\"fi\" A1カ…›x")]
    [InlineData("Ã©tÃ© â€™s schÃ¶n", "été 's schön")]
    [InlineData("É» – «CAFÉ» ß© déjà-vu", "É» – «CAFÉ» ß© déjà-vu")]
    public void Text_is_repaired_line_by_line(string text, string expected) => Assert.Equal(expected, TextRepair.Fix(text));

    [Fact]
    public void Repair_has_nothing_left_to_do() => genText.Sample(text =>
    {
        var once = TextRepair.Fix(text);
        // What was unescaped may stand for another reference, where a < hid it no longer.
        return once.Contains('<') || once.Contains('&') || TextRepair.Fix(once) == once;
    });

    [Fact]
    public void Pieces_of_a_byte_level_tokenizer_make_up_the_text() => genText.Sample(text =>
        string.Concat(new CodePointPattern(@"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            longS: true).Matches(text)) == text);

    [Fact]
    public void Classes_are_those_of_code_points() =>
        Assert.Equal(["𝔄𝔯𠀀b", "𝟙", "😀😀", "a𪛖", "!"], new CodePointPattern(@"\p{L}+|\p{N}|[^\s\p{L}\p{N}]+", longS: false).Matches("𝔄𝔯𠀀b𝟙 😀😀a𪛖!"));
}
