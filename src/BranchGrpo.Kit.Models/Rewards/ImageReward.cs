using BranchGrpo.Kit.Models.Images;

namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>Scores pictures against the prompts that they were made from. Higher is better. Not differentiable: pictures are 8-bit images, as files
/// are.</summary>
public abstract class ImageReward : IDisposable
{
    /// <summary>A reward of that name.</summary>
    /// <param name="name">Short, as in tables and records: letters, digits, dots.</param>
    /// <param name="source">What was loaded from where, to be told to the user.</param>
    /// <param name="scale">Meaning of the numbers.</param>
    protected ImageReward(string name, string source, RewardScale scale) => (Name, Source, Scale) = (name, source, scale);

    /// <summary>Short name, as in tables and records.</summary>
    public string Name { get; }

    /// <summary>What was loaded from where.</summary>
    public string Source { get; }

    /// <summary>Meaning of the numbers.</summary>
    public RewardScale Scale { get; }

    /// <summary>Raw scores.</summary>
    /// <param name="images">In any mode and size; borrowed.</param>
    /// <param name="prompts">The prompt of each. As many.</param>
    /// <returns>One finite score per picture, on the raw scale.</returns>
    /// <exception cref="ArgumentException">Not as many prompts as pictures.</exception>
    /// <exception cref="ArithmeticException">A score is NaN or infinite.</exception>
    public double[] Score(IReadOnlyList<Picture> images, IReadOnlyList<string> prompts)
    {
        if (images.Count != prompts.Count) throw new ArgumentException($"{images.Count} pictures came with {prompts.Count} prompts", nameof(prompts));
        var scores = images.Count == 0 ? [] : ScoreAll(images, prompts);
        for (var i = 0; i < scores.Length; i++)
            if (!double.IsFinite(scores[i]))
                throw new ArithmeticException($"{Name} gave {scores[i]} for picture {i}, prompt \"{prompts[i]}\"; look at the picture and at the weights.");
        return scores;
    }

    /// <summary>A raw score on the scale that the model's release prints.</summary>
    public double Published(double raw) => raw * Scale.Factor;

    /// <summary>Raw scores of at least one picture, as many as came.</summary>
    protected abstract double[] ScoreAll(IReadOnlyList<Picture> images, IReadOnlyList<string> prompts);

    /// <summary>Frees the networks.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the networks.</summary>
    /// <param name="disposing">Always true.</param>
    protected virtual void Dispose(bool disposing) { }
}
