namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>Every model that the kit reads, in its published layout, a few MB in all, with random weights: for tests, notebooks and trials.</summary>
public static class TinyModels
{
    /// <summary>Makes the folder. What it holds already is written over.</summary>
    /// <param name="folder">Made if needed.</param>
    /// <param name="seed">Equal seeds give equal files.</param>
    /// <returns>What was made.</returns>
    public static ModelFolder Make(string folder, ulong seed = 1)
    {
        TinyVocabularies.WriteClip(Path.Combine(folder, "flux", "tokenizer"));
        TinyVocabularies.WriteT5(Path.Combine(folder, "flux", "tokenizer_2"));
        File.WriteAllLines(Path.Combine(folder, "prompts.txt"), TinyWords.Prompts(64));
        return ModelFolder.Open(folder);
    }
}
